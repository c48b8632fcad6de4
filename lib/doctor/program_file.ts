/**
 * Whether the system can start a file.
 *
 * @module
 */
import { whyNotExecutable } from "../process/resolve_command.ts";
import { PATH_SEPARATOR, PLATFORM } from "../process/platform.ts";
import { parseBinary } from "./binary.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { envTarget, isEnv, parseShebang, type Shebang } from "./shebang.ts";

/** A look at a file. */
export interface ProgramFile {
  readonly finding: Finding;
  /** Name of what runs it: `python3` for a script, its own for any other. */
  readonly runner: string;
}

/** Enough for a first line, and for the beginning of a binary. */
const HEAD = 4096;
const BYTE_ORDER_MARK = "\ufeff";

/** First lines for scripts that have none, by how their names end. */
const FIRST_LINES: Readonly<Record<string, string>> = {
  awk: "#!/usr/bin/awk -f",
  bash: "#!/usr/bin/env bash",
  js: "#!/usr/bin/env node",
  lua: "#!/usr/bin/env lua",
  mjs: "#!/usr/bin/env node",
  php: "#!/usr/bin/env php",
  pl: "#!/usr/bin/env perl",
  py: "#!/usr/bin/env python3",
  rb: "#!/usr/bin/env ruby",
  ts: "#!/usr/bin/env -S deno run -A",
};

/**
 * Looks at a file as the system does when it is started, and says what the
 * system would not.
 *
 * @param path Of a file that is there.
 * @param searchPath PATH as the program sees it; undefined if it has none.
 * @param subject What the finding is about.
 */
export function inspectProgramFile(
  path: string,
  searchPath: string | undefined,
  subject = "program",
): ProgramFile {
  const shown = JSON.stringify(path);
  const own = path.replace(/^.*[\\/]/, "");
  const notExecutable = whyNotExecutable(path);
  if (notExecutable !== null) {
    const [, why, advice = null] = /^(.*?)(?: \((.*)\))?$/.exec(notExecutable)!;
    return {
      finding: problem(subject, `${shown} cannot be started: ${why}`, advice),
      runner: own,
    };
  }
  const head = readHead(path);
  if (head === null) {
    // What may be executed need not be readable.
    return { finding: ok(subject, `${shown} can be executed`), runner: own };
  }
  if (PLATFORM === "windows") {
    return { finding: ok(subject, `${shown} is there`), runner: own };
  }
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(head);
  if (text.startsWith(`${BYTE_ORDER_MARK}#!`)) {
    return {
      finding: problem(
        subject,
        `${shown} has a byte order mark before #!, and so the system does not find its interpreter`,
        `save it as UTF-8 without BOM, or run sed -i '1s/^\\xef\\xbb\\xbf//' ${path}`,
      ),
      runner: own,
    };
  }
  const shebang = parseShebang(text.split("\n")[0]);
  if (shebang !== null) {
    return inspectScript(path, shebang, searchPath, subject);
  }
  return { finding: inspectBinary(path, head, subject), runner: own };
}

function inspectScript(
  path: string,
  shebang: Shebang,
  searchPath: string | undefined,
  subject: string,
): ProgramFile {
  const shown = JSON.stringify(path);
  const { interpreter, argument } = shebang;
  const runner = isEnv(shebang) ? envTarget(argument).name : interpreter;
  return {
    runner: runner.replace(/^.*\//, "").replace(/\r$/, ""),
    finding: look(),
  };

  function look(): Finding {
    if (`${interpreter}${argument}`.endsWith("\r")) {
      return problem(
        subject,
        `the first line of ${shown} ends with a carriage return, which the system takes for a part of the interpreter's name`,
        `save it with Unix line ends: sed -i 's/\\r$//' ${path}`,
      );
    }
    if (interpreter === "") {
      return problem(
        subject,
        `the first line of ${shown} names no interpreter`,
        "begin it with a line such as #!/bin/sh",
      );
    }
    if (!interpreter.startsWith("/")) {
      return warning(
        subject,
        `the interpreter "${interpreter}" in the first line of ${shown} is looked for in the server's working directory`,
        "write its whole path",
      );
    }
    const problemWithIt = whyNotExecutable(interpreter);
    if (problemWithIt !== null) {
      const name = interpreter.replace(/^.*\//, "");
      return problem(
        subject,
        `the interpreter "${interpreter}" of ${shown} cannot be started: ${problemWithIt}`,
        `install ${name}, or write #!/usr/bin/env ${name} to find it in PATH`,
      );
    }
    if (!isEnv(shebang)) {
      return ok(subject, `${shown} is a script for ${interpreter}`);
    }
    const { name, unsplit } = envTarget(argument);
    if (unsplit !== null && PLATFORM === "linux") {
      return problem(
        subject,
        `env looks for a program called ${
          JSON.stringify(unsplit)
        } for ${shown}: Linux hands it the rest of the line as one word`,
        `write #!${interpreter} -S ${unsplit}`,
      );
    }
    if (name === "") {
      return problem(
        subject,
        `the first line of ${shown} names no program behind env`,
        "write for example #!/usr/bin/env bash",
      );
    }
    const found = findInPath(name, searchPath);
    if (found !== null) {
      return ok(subject, `${shown} is a script for ${name}, found as ${found}`);
    }
    const other = findInPath(`${name}3`, searchPath);
    return problem(
      subject,
      `there is no ${name} in PATH for ${shown}, which env looks for`,
      searchPath === undefined
        ? "hand PATH down to the program (--passenv=PATH)"
        : other === null
        ? `install ${name}, or add its directory to PATH`
        : `write ${name}3 in its first line: that is there, as ${other}`,
    );
  }
}

function inspectBinary(
  path: string,
  head: Uint8Array,
  subject: string,
): Finding {
  const shown = JSON.stringify(path);
  const binary = parseBinary(head);
  if (binary === null) {
    const ending = /\.([^./]+)$/.exec(path)?.[1] ?? "";
    return notForThisSystem(
      `${shown} begins with no #! line and is no binary: the system cannot start it`,
      `begin it with a line such as ${FIRST_LINES[ending] ?? "#!/bin/sh"}`,
    );
  }
  // Elsewhere only starting it tells.
  if (PLATFORM !== "linux") return ok(subject, `${shown} is a binary`);
  const { format, machine, loader } = binary;
  const { arch } = Deno.build;
  if (format !== "ELF") {
    return notForThisSystem(
      `${shown} is a program for another system (${format})`,
      "build it for this one",
    );
  }
  const runs = machine === arch || (machine === "i386" && arch === "x86_64") ||
    (machine === "arm" && arch === "aarch64");
  if (!runs) {
    return notForThisSystem(
      `${shown} is built for ${machine}, and this machine is ${arch}`,
      `build it for ${arch}`,
    );
  }
  if (loader !== null && whyNotExecutable(loader) !== null) {
    return problem(
      subject,
      `${shown} needs the loader ${loader}, which is not here`,
      loader.includes("musl")
        ? "install musl, or build it statically"
        : "install the C library it was built with, or build it statically",
    );
  }
  return ok(subject, `${shown} is a binary for ${machine}`);

  /** Linux can be taught to start anything; whether it was taught this is found by starting it. */
  function notForThisSystem(message: string, advice: string): Finding {
    return (hasMoreFormats() ? warning : problem)(subject, message, advice);
  }
}

/** Whether somebody has registered interpreters for other kinds of files (binfmt_misc). */
function hasMoreFormats(): boolean {
  try {
    return [...Deno.readDirSync("/proc/sys/fs/binfmt_misc")]
      .some(({ name }) => name !== "register" && name !== "status");
  } catch {
    return false;
  }
}

/** The path of a program, or null. */
function findInPath(
  name: string,
  searchPath: string | undefined,
): string | null {
  if (name.includes("/")) return whyNotExecutable(name) === null ? name : null;
  // What env takes if there is no PATH, by the C library.
  const directories = (searchPath ?? "/bin:/usr/bin").split(PATH_SEPARATOR);
  return directories.map((directory) => `${directory || "."}/${name}`)
    .find((path) => whyNotExecutable(path) === null) ?? null;
}

function readHead(path: string): Uint8Array | null {
  try {
    using file = Deno.openSync(path);
    const head = new Uint8Array(HEAD);
    return head.subarray(0, file.readSync(head) ?? 0);
  } catch {
    return null;
  }
}
