import { assertEquals, assertThrows } from "@std/assert";
import { readConnectArgs } from "../../lib/cli/connect/connect_args.ts";
import { CONNECT_FLAGS } from "../../lib/cli/connect/connect_flags.ts";
import { connectHelp } from "../../lib/cli/connect/connect_help.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

const DEFAULTS = {
  help: false,
  url: ":1",
  headers: [],
  subprotocols: [],
  reconnect: false,
  caCert: undefined,
  cert: undefined,
  key: undefined,
  unixSocket: undefined,
  pingMs: undefined,
  binary: false,
  maxFrameSize: undefined,
  maxLine: undefined,
  once: false,
  endMs: undefined,
  verbose: false,
  history: undefined,
};

for (
  const [line, values] of [
    [":1", {}],
    ["--binary :1", { binary: true }],
    ["-b=false :1 -b -binary", { binary: true }],
    ["--once=F :1", { once: false }],
    [":1 -H A:b --header=C:d --header E:f", { headers: ["A:b", "C:d", "E:f"] }],
    ["--subprotocol=a,,b, :1", { subprotocols: ["a", "b"] }],
    ["--end 2 :1 --end=3", { endMs: 3000 }],
    ["--end=0 :1", { endMs: 0 }],
    ["--end=99999999999 :1", { endMs: 2 ** 30 }],
    ["--pingms=0 :1", { pingMs: 0 }],
    ["--maxframesize=0x10 --maxline=1_000 :1", {
      maxFrameSize: 16,
      maxLine: 1000,
    }],
    ["--reconnect --verbose -v :1", { reconnect: true, verbose: true }],
    ["--cacert=a --cert=b --key=c :1", { caCert: "a", cert: "b", key: "c" }],
    ["--unixsocket=/s --history= :1", { unixSocket: "/s", history: "" }],
    ["-- :1", {}],
    ["-v -- -h", { verbose: true, url: "-h" }],
    ["--help --nonsense", { help: true, url: "" }],
    ["-v a b -h", { help: true, url: "" }],
  ] as const
) {
  Deno.test(`connect ${line} is understood`, () => {
    assertEquals(readConnectArgs(line.split(" ")), { ...DEFAULTS, ...values });
  });
}

for (
  const [args, message] of [
    [
      [],
      "The address is missing\nWrite for example: connect ws://localhost:8080/",
    ],
    [
      [":1", "x"],
      'Cannot connect to more than one address: ":1", "x"\nWhat is to be sent comes from stdin',
    ],
    [
      ["--nonsense=secret", ":1"],
      "flag provided but not defined: --nonsense\nSee connect --help for all flags",
    ],
    [
      ["--recconect", ":1"],
      "flag provided but not defined: --recconect\nDid you mean --reconnect?",
    ],
    [
      ["-x", ":1"],
      "flag provided but not defined: -x\nSee connect --help for all flags",
    ],
    [
      ["---v", ":1"],
      "flag provided but not defined: ---v\nSee connect --help for all flags",
    ],
    [["--end"], "flag needs an argument: -end\nWrite --end=SECONDS"],
    [
      ["--end=-1", ":1"],
      'invalid value "-1" for flag -end\nWrite a whole number without a sign',
    ],
    [
      ["--end=1.5", ":1"],
      'invalid value "1.5" for flag -end\nWrite a whole number without a sign',
    ],
    [
      ["--once=maybe", ":1"],
      'invalid boolean value "maybe" for -once\nWrite --once or --once=false',
    ],
    [["--cert=a", ":1"], "Cannot use one of --cert and --key alone: give both"],
  ] as const
) {
  Deno.test(`connect ${args.join(" ")} is not understood, and says why`, () => {
    const error = assertThrows(() => readConnectArgs(args), UsageError);
    assertEquals(error.message, message);
    assertEquals(error.code, 2);
  });
}

Deno.test("the help of connect names every flag and every exit status, in 80 columns", () => {
  const help = connectHelp("websocketd");
  for (const { name } of CONNECT_FLAGS) {
    assertEquals(help.includes(`--${name}`), true, name);
  }
  for (
    const status of [
      "0",
      "1 to 255",
      "128 + n",
      "2",
      "69",
      "70",
      "74",
      "75",
      "141",
    ]
  ) {
    assertEquals(help.includes(`\n  ${status} `), true, status);
  }
  assertEquals(help.split("\n").filter((row) => row.length > 80), []);
});

Deno.test("names of flags are words of their own", () => {
  const names = CONNECT_FLAGS.flatMap(({ name, short }) =>
    short ? [name, short] : [name]
  );
  assertEquals(new Set(names).size, names.length);
});
