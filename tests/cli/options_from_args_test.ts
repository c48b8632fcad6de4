import { assertEquals, assertThrows } from "@std/assert";
import { readArgs } from "../../lib/cli/args.ts";
import { optionsFromArgs, type Plan } from "../../lib/cli/options_from_args.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

function plan(line: string): Plan {
  return optionsFromArgs(readArgs(line.split(" ")), (command) => `/${command}`);
}

Deno.test("optionsFromArgs() leaves to the library what no flag says", () => {
  assertEquals(plan("cat -u x"), {
    options: { command: "/cat", args: ["-u", "x"] },
    logLevel: "access",
    logFormat: "text",
  });
});

for (
  const [line, options] of [
    ["--port=0", { port: 0 }],
    ["--address=[::1] --address=x", { address: ["[::1]", "x"] }],
    ["--sameorigin", { sameOrigin: true }],
    ["--sameorigin=false", {}],
    ["--origin=a,b:1", { origin: ["a", "b:1"] }],
    ["--origin=", {}],
    ["--origin=,", {}],
    ["--host=a", { host: ["a"] }],
    ["--passenv=A,B", { passEnv: ["A", "B"] }],
    ["--passenv=", { passEnv: [] }],
    ["--binary", { framing: "chunks" }],
    ["--passstderr", { framing: "tagged" }],
    ["--raw", { framing: "raw" }],
    ["--framing=length32", { framing: "length32" }],
    ["--binary --framing=chunks", { framing: "chunks" }],
    ["--binary=false --raw", { framing: "raw" }],
    ["--maxline=1", { maxLine: 1 }],
    ["--invalid-utf8=close", { invalidUtf8: "close" }],
    ["--reverselookup", { reverseLookup: true }],
    ["--maxforks=-1 --maxperip=2 --maxframesize=0", {
      maxForks: -1,
      maxPerIp: 2,
      maxFrameSize: 0,
    }],
    ["--closems=5 --pingms=0 --drainms=7", {
      closeMs: 5,
      pingMs: 0,
      drainMs: 7,
    }],
    ["--timeout=2 --idle=3", { timeoutMs: 2000, idleMs: 3000 }],
    ["--timeout=18446744073709551615", { timeoutMs: 2_000_000_000 }],
    ["--once", { once: true }],
    ["--unbuffer=stdbuf", { unbuffer: "stdbuf" }],
    ["--subprotocol=a,b", { subprotocol: ["a", "b"] }],
    ["--header=A:1 --header-ws=B:2 --header-http=C:3 --header=D:4", {
      header: ["A:1", "D:4"],
      headerWs: ["B:2"],
      headerHttp: ["C:3"],
    }],
    ["--compat", {
      port: 80,
      address: ["*"],
      origin: ["*"],
      host: ["*"],
    }],
    ["--compat --port=81 --address=a --origin=o --host=h", {
      port: 81,
      address: ["a"],
      origin: ["o"],
      onlyListed: true,
      host: ["h"],
    }],
    ["--compat --sameorigin", {
      port: 80,
      address: ["*"],
      host: ["*"],
      sameOrigin: true,
    }],
    ["--compat --address=", {
      port: 80,
      address: ["*"],
      origin: ["*"],
      host: ["*"],
    }],
  ] as const
) {
  Deno.test(`optionsFromArgs() makes options of ${line}`, () => {
    assertEquals(
      plan(`${line} cat`).options,
      { command: "/cat", args: [], ...options } as Plan["options"],
    );
  });
}

for (
  const [line, options] of [
    ["--dir=tests", { dir: "tests" }],
    ["--staticdir=tests --listing", { staticDir: "tests", listing: true }],
    ["--cgidir=tests --cgitimeout=5", {
      cgiDir: "tests",
      cgiTimeoutMs: 5000,
    }],
    ["--staticdir=tests --dir= --sslca= --unixsocket=", { staticDir: "tests" }],
    ["--dir=tests --compat --ssl --sslcert=c --sslkey=k", {
      dir: "tests",
      port: 443,
      address: ["*"],
      origin: ["*"],
      host: ["*"],
      ssl: true,
      sslCert: "c",
      sslKey: "k",
    }],
    ["--dir=tests --unixsocket=s --unixsocketmode=660", {
      dir: "tests",
      unixSocket: "s",
      unixSocketMode: 0o660,
    }],
    ["--dir=tests --auth=token --auth=basic:f --trustproxy=10.0.0.0/8,unix", {
      dir: "tests",
      auth: ["token", "basic:f"],
      trustProxy: ["10.0.0.0/8", "unix"],
    }],
  ] as const
) {
  Deno.test(`optionsFromArgs() takes ${line} without a COMMAND`, () => {
    assertEquals(plan(line).options, options as Plan["options"]);
  });
}

Deno.test("optionsFromArgs() passes on how to log", () => {
  const { logLevel, logFormat } = plan("--loglevel=none --logformat=json cat");
  assertEquals([logLevel, logFormat], ["none", "json"]);
});

const FRAMINGS = "lines, nul, raw, chunks, length32, tagged";

for (
  const [line, message, stream, help] of [
    [
      "--loglevel=Info cat",
      "Incorrect loglevel flag 'Info'. Did you mean 'info'? Use one of: debug, trace, access, info, error, fatal, none.",
      "stdout",
      true,
    ],
    [
      "--framing=line cat",
      `Incorrect framing flag 'line'. Did you mean 'lines'? Use one of: ${FRAMINGS}.`,
      "stderr",
      true,
    ],
    [
      "--framing= cat",
      `Incorrect framing flag ''. Use one of: ${FRAMINGS}.`,
      "stderr",
      true,
    ],
    [
      "--logformat=x cat",
      "Incorrect logformat flag 'x'. Use one of: text, json.",
      "stderr",
      true,
    ],
    [
      "--binary --passstderr cat",
      "Cannot use --binary with --passstderr: choose one",
      "stderr",
      false,
    ],
    [
      "--framing=lines --raw cat",
      "Cannot use --raw with --framing=lines: choose one",
      "stderr",
      false,
    ],
    [
      "--maxline=0 cat",
      "Cannot use --maxline=0: the longest line has at least 1 byte",
      "stderr",
      false,
    ],
    [
      "--address= cat",
      "Cannot use an empty --address: write --address='*' to listen on every address",
      "stderr",
      false,
    ],
    [
      "--port=80",
      "Please specify COMMAND or provide --dir, --staticdir or --cgidir argument.",
      "stderr",
      true,
    ],
    [
      "--devconsole",
      "Please specify COMMAND or provide --dir, --staticdir or --cgidir argument.",
      "stderr",
      true,
    ],
    [
      "--dir=. cat",
      "Ambiguous. Provided COMMAND and --dir argument. Please only specify just one.",
      "stderr",
      true,
    ],
    [
      "--dir=/nonexistent",
      "Could not find your script dir '/nonexistent'.",
      "stderr",
      true,
    ],
    [
      "--dir=deno.json",
      "Did you mean to specify COMMAND instead of --dir 'deno.json'?",
      "stderr",
      true,
    ],
    [
      "--cgidir=/nonexistent cat",
      "Your CGI dir '/nonexistent' is not pointing to an accessible directory.",
      "stderr",
      true,
    ],
    [
      "--staticdir=deno.json cat",
      "Your static dir 'deno.json' is not pointing to an accessible directory.",
      "stderr",
      true,
    ],
    [
      "--ssl --sslcert=c cat",
      "Please specify both --sslcert and --sslkey when requesting --ssl.",
      "stderr",
      false,
    ],
    [
      "--sslca=c cat",
      "You should not be using --ssl* flags when there is no --ssl option.",
      "stderr",
      false,
    ],
    [
      "--unixsocket=s --unixsocketmode=0999 cat",
      "Cannot use --unixsocketmode=0999: write permissions as chmod takes them, such as 0660",
      "stderr",
      false,
    ],
    // Of two mistakes the first in the original's order counts.
    [
      "--ssl --binary --raw",
      "Please specify both --sslcert and --sslkey when requesting --ssl.",
      "stderr",
      false,
    ],
    [
      "--cgidir=/nonexistent --staticdir=/nonexistent --dir=/nonexistent",
      "Could not find your script dir '/nonexistent'.",
      "stderr",
      true,
    ],
    [
      "--binary --raw --loglevel=x",
      "Incorrect loglevel flag 'x'. Use one of: debug, trace, access, info, error, fatal, none.",
      "stdout",
      true,
    ],
    [
      "--binary --raw",
      "Cannot use --binary with --raw: choose one",
      "stderr",
      false,
    ],
  ] as const
) {
  Deno.test(`optionsFromArgs() refuses ${line} with code 1`, () => {
    const error = assertThrows(() => plan(line), UsageError);
    assertEquals(
      [error.message, error.code, error.stream, error.help],
      [message, 1, stream, help],
    );
  });
}
