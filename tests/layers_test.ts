import { assertEquals, assertGreater } from "@std/assert";
import {
  checkImports,
  checkNames,
  checkOwners,
  type Import,
  importsOf,
  type Source,
} from "./layers.ts";

const ROOT = new URL("../", import.meta.url);

/** Every source of the project but the stand-ins for the standard library, which count as outside. */
async function projectSources(): Promise<Source[]> {
  const sources: Source[] = [];
  async function add(path: string): Promise<void> {
    sources.push({ path, text: await Deno.readTextFile(new URL(path, ROOT)) });
  }
  async function addFolder(folder: string): Promise<void> {
    for await (
      const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))
    ) {
      const path = `${folder}${name}`;
      if (!isDirectory) {
        if (path.endsWith(".ts")) await add(path);
      } else if (path !== "lib/std") await addFolder(`${path}/`);
    }
  }
  await add("main.ts");
  await addFolder("lib/");
  return sources;
}

/** What `deno info --json` says of one module. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier: string };
    readonly type?: { readonly specifier: string };
    readonly isDynamic?: boolean;
  }[];
}

/** The imports as the runtime resolves them, from one file on. */
async function resolvedImports(entry: string): Promise<Import[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { modules }: { modules: Module[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return modules
    .filter(({ specifier }) =>
      specifier.startsWith(ROOT.href) &&
      !pathOf(specifier).startsWith("lib/std/")
    )
    .flatMap(({ specifier: from, dependencies = [] }) =>
      dependencies.map(({ specifier, code, type, isDynamic = false }) => ({
        from: pathOf(from),
        to: pathOf((code ?? type)?.specifier ?? specifier),
        specifier,
        dynamic: isDynamic,
      }))
    );
}

function pathOf(specifier: string): string {
  return specifier.startsWith(ROOT.href)
    ? specifier.slice(ROOT.href.length)
    : specifier;
}

Deno.test("every file is named after what it exports and belongs to a layer", async () => {
  const sources = await projectSources();
  assertGreater(sources.length, 20);
  assertEquals(checkNames(sources.map(({ path }) => path)), []);
});

for (const entry of ["main.ts", "lib/mod.ts"]) {
  Deno.test(`imports go downwards only, from ${entry} on as the runtime resolves them`, async () => {
    const imports = await resolvedImports(entry);
    assertGreater(imports.length, 20);
    assertEquals(checkImports(imports), []);
  });
}

Deno.test("imports go downwards only, in every source", async () => {
  const imports = (await projectSources()).flatMap(importsOf);
  assertGreater(imports.length, 20);
  assertEquals(checkImports(imports), []);
});

Deno.test("each part of the runtime is used by its owner only", async () => {
  assertEquals((await projectSources()).flatMap(checkOwners), []);
});

Deno.test("checkNames finds a wrong name and a file in no layer", () => {
  const right = [
    "main.ts",
    "lib/errors.ts",
    "lib/options.ts",
    "lib/http/safe_path.ts",
    "lib/socket/wire/frame.ts",
    "lib/framing/length32.ts",
  ];
  assertEquals(checkNames(right), []);
  const wrong = [
    "lib/http/safePath.ts",
    "lib/http/safe-path.ts",
    "lib/http/Router.ts",
    "lib/http/router.js",
    "lib/http/index.ts",
    "lib/cli/utils.ts",
    "lib/session/types.ts",
    "lib/other.ts",
    "lib/other/thing.ts",
  ];
  for (const path of wrong) {
    assertEquals(checkNames([path]).length, 1, path);
  }
});

/** How many rules one import breaks. */
function broken(
  from: string,
  to: string,
  specifier = to,
  dynamic = false,
): number {
  return checkImports([{ from, to, specifier, dynamic }]).length;
}

Deno.test("checkImports allows lower ranks and the own folder", () => {
  const right: [string, string, string?, boolean?][] = [
    ["lib/events.ts", "lib/errors.ts"],
    ["lib/framing/lines.ts", "lib/errors.ts"],
    ["lib/framing/lines.ts", "lib/framing/batch.ts"],
    ["lib/socket/wire/frame.ts", "lib/socket/close_codes.ts"],
    ["lib/session/bridge.ts", "lib/socket/socket.ts"],
    ["lib/session/bridge.ts", "lib/process/command.ts"],
    ["lib/handler.ts", "lib/options.ts"],
    ["lib/options.ts", "lib/http/origin.ts"],
    ["lib/server/serve.ts", "lib/handler.ts"],
    ["lib/mod.ts", "lib/server/serve.ts"],
    ["lib/cli/main.ts", "lib/mod.ts"],
    ["lib/cli/main.ts", "lib/cli/flags.ts"],
    ["main.ts", "lib/cli/main.ts"],
    ["lib/cli/args.ts", "lib/std/cli/mod.ts", "@std/cli"],
    ["lib/cli/args.ts", "jsr:@std/cli@1", "@std/cli"],
    ["lib/http/auth.ts", "node:crypto"],
    ["lib/http/auth.ts", "npm:bcryptjs@3", "bcryptjs", true],
  ];
  for (const [from, to, specifier, dynamic] of right) {
    assertEquals(broken(from, to, specifier, dynamic), 0, `${from} -> ${to}`);
  }
});

Deno.test("checkImports finds what goes upwards, sideways or past the door", () => {
  const wrong: [string, string, string?, boolean?][] = [
    ["lib/errors.ts", "lib/framing/batch.ts"],
    ["lib/framing/lines.ts", "lib/process/command.ts"],
    ["lib/framing/lines.ts", "lib/options.ts"],
    ["lib/process/command.ts", "lib/socket/socket.ts"],
    ["lib/socket/native.ts", "lib/process/command.ts"],
    ["lib/session/bridge.ts", "lib/http/native_upgrade.ts"],
    ["lib/http/router.ts", "lib/handler.ts"],
    ["lib/http/router.ts", "lib/server/serve.ts"],
    ["lib/options.ts", "lib/server/serve.ts"],
    ["lib/server/serve.ts", "lib/mod.ts"],
    ["lib/mod.ts", "lib/cli/main.ts"],
    ["lib/cli/main.ts", "lib/events.ts", "../events.ts"],
    ["lib/cli/main.ts", "lib/server/serve.ts", "../server/serve.ts"],
    ["lib/http/router.ts", "main.ts"],
    ["main.ts", "lib/mod.ts"],
    ["lib/cli/args.ts", "lib/std/cli/mod.ts", "../std/cli/mod.ts"],
    ["lib/cli/args.ts", "jsr:@std/cli@1", "jsr:@std/cli@1"],
    ["lib/cli/args.ts", "lib/std/assert/mod.ts", "@std/assert"],
    ["lib/http/auth.ts", "npm:bcryptjs@3", "bcryptjs"],
    ["lib/http/auth.ts", "tests/helper.ts"],
    ["lib/http/auth.ts", "https://example.com/mod.ts"],
  ];
  for (const [from, to, specifier, dynamic] of wrong) {
    assertEquals(broken(from, to, specifier, dynamic), 1, `${from} -> ${to}`);
  }
});

Deno.test("importsOf sees every way to import", () => {
  const text = `
    import a from "./a.ts";
    import type { B } from "../b.ts";
    import { c } from "@std/cli/parse-args";
    export { d } from "./wire/d.ts";
    export * from "./e.ts";
    export type { F } from "./f.ts";
    const g = await import("npm:g");
    type H = import("./h.ts").H;
    export const i = "not './i.ts'"; // import "./j.ts"
  `;
  assertEquals(
    importsOf({ path: "lib/socket/x.ts", text }).map(({ to, dynamic }) =>
      dynamic ? `${to} later` : to
    ),
    [
      "lib/socket/a.ts",
      "lib/b.ts",
      "lib/std/cli/parse-args",
      "lib/socket/wire/d.ts",
      "lib/socket/e.ts",
      "lib/socket/f.ts",
      "npm:g later",
      "lib/socket/h.ts",
    ],
  );
});

Deno.test("checkOwners finds each part of the runtime outside of its owner", () => {
  const owned: Record<string, string[]> = {
    "lib/process/command.ts": [
      `new Deno.Command("ls");`,
      `Deno.kill(1, "SIGTERM");`,
      `Deno["kill"](1);`,
      `globalThis.Deno.kill(1);`,
      `const { Command } = Deno;`,
      `import { spawn } from "node:child_process";`,
    ],
    "lib/process/platform.ts": [
      `if (Deno.build.os === "windows") void 0;`,
      `const { os } = Deno.build;`,
    ],
    "lib/http/native_upgrade.ts": [`Deno.upgradeWebSocket(request);`],
    "lib/socket/native.ts": [
      `socket.onmessage = () => {};`,
      `socket.onclose = null;`,
      `socket.addEventListener("message", () => {});`,
    ],
    "lib/server/serve.ts": [
      `Deno.serve(() => new Response());`,
      `Deno.listen({ port: 0 });`,
      `Deno.listenTls({ port: 0 });`,
      `Deno.addSignalListener("SIGINT", () => {});`,
    ],
    "lib/cli/main.ts": [
      `console.log("a");`,
      `globalThis.console.log("a");`,
      `const print = console;`,
      `const { log } = console;`,
      `Deno.exit(1);`,
      `Deno.exitCode = 1;`,
      `parse(Deno.args);`,
      `await Deno.stdout.write(bytes);`,
      `/* deno-lint-ignore-file */ Deno.exit(1);`,
      `// deno-lint-ignore-file\nDeno.exit(1);`,
    ],
  };
  for (const [owner, texts] of Object.entries(owned)) {
    for (const text of texts) {
      assertEquals(checkOwners({ path: owner, text }), [], text);
      const elsewhere = checkOwners({ path: "lib/session/session.ts", text });
      assertGreater(elsewhere.length, 0, text);
    }
  }
});

Deno.test("checkOwners leaves words, types and other names alone", () => {
  const text = `
    /** Calls \`Deno.serve\` and console.log. */
    // Deno.exit(1);
    const hint = "Deno.kill";
    type Child = Deno.ChildProcess;
    const log = { console: 1, onmessage: null };
    log.console;
    signal.addEventListener("abort", () => {});
    Deno.env.get("HOME");
    Deno.build.arch;
  `;
  assertEquals(checkOwners({ path: "lib/session/session.ts", text }), []);
});
