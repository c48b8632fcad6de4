/** Options that cannot be used, as JavaScript may give them: each is refused before anything listens, in one sentence. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { handler, OptionError, type Options, serve } from "../../lib/mod.ts";

/** What the option `name` with a value is refused with, by both ways to give it. */
async function refusal(options: Record<string, unknown>): Promise<string> {
  const all = { command: "cat", ...options } as unknown as Options;
  const { message } = assertThrows(() => void handler(all), OptionError);
  const other = await assertRejects(
    () => serve({ ...all, port: 0 }),
    OptionError,
  );
  assertEquals(other.message, message);
  return message;
}

const DURATION = "milliseconds, from 0 to 2000000000";
const COUNT = "a whole number, 0 for unlimited";
const ARGS = "a list of texts without NUL";
const NAMES = "a list of names such as example.com, or * for any";
const ORIGINS =
  "a list of example.com, example.com:8080, https://example.com, null or *";
const TOKENS = "a list of letters, digits, dots and dashes, as in chat.v1";
const VARIABLES = "a list of names without values, as in PATH,LANG";
const LINES = "a list of lines such as Name: value";

for (
  const [name, flag, value, shown, instead] of [
    ["command", null, 5, "5", "the path or the name of a program"],
    ["command", null, null, "null", "the path or the name of a program"],
    ["command", null, "a\0b", '"a\\x00b"', "the path or the name of a program"],
    ["program", null, "cat", '"cat"', "a function"],
    ["args", null, "-l", '"-l"', ARGS],
    ["args", null, [1], "1", ARGS],
    ["args", null, ["ok", "a\0b"], '"a\\x00b"', ARGS],
    ["cwd", null, 1, "1", "the path of a directory"],
    ["passEnv", "--passenv", "PATH", '"PATH"', VARIABLES],
    ["passEnv", "--passenv", ["PATH=/bin"], '"PATH=/bin"', VARIABLES],
    ["passEnv", "--passenv", ["A\0"], '"A\\x00"', VARIABLES],
    ["passEnv", "--passenv", [undefined], "undefined", VARIABLES],
    ["unbuffer", "--unbuffer", "on", '"on"', "env, stdbuf or off"],
    ["unbuffer", "--unbuffer", true, "true", "env, stdbuf or off"],
    [
      "framing",
      "--framing",
      "line",
      '"line"',
      "lines, nul, raw, chunks, length32 or tagged",
    ],
    [
      "framing",
      "--framing",
      "toString",
      '"toString"',
      "lines, nul, raw, chunks, length32 or tagged",
    ],
    [
      "framing",
      "--framing",
      null,
      "null",
      "lines, nul, raw, chunks, length32 or tagged",
    ],
    ["maxLine", "--maxline", 0, "0", "a whole number from 1"],
    ["maxLine", "--maxline", -1, "-1", "a whole number from 1"],
    ["maxLine", "--maxline", 1.5, "1.5", "a whole number from 1"],
    ["maxLine", "--maxline", Infinity, "Infinity", "a whole number from 1"],
    ["maxLine", "--maxline", "1000", '"1000"', "a whole number from 1"],
    ["invalidUtf8", "--invalid-utf8", "ignore", '"ignore"', "replace or close"],
    ["origin", "--origin", "example.com", '"example.com"', ORIGINS],
    ["origin", "--origin", ["*.example.com"], '"*.example.com"', ORIGINS],
    ["origin", "--origin", ["http://"], '"http://"', ORIGINS],
    ["origin", "--origin", [""], '""', ORIGINS],
    ["origin", "--origin", ["a b"], '"a b"', ORIGINS],
    ["origin", "--origin", ["http://a/path"], '"http://a/path"', ORIGINS],
    ["origin", "--origin", ["a\nb"], '"a\\nb"', ORIGINS],
    ["origin", "--origin", [null], "null", ORIGINS],
    ["sameOrigin", "--sameorigin", "false", '"false"', "true or false"],
    ["host", "--host", "example.com", '"example.com"', NAMES],
    ["host", "--host", ["http://example.com"], '"http://example.com"', NAMES],
    ["host", "--host", ["*.example.com"], '"*.example.com"', NAMES],
    ["host", "--host", [""], '""', NAMES],
    ["host", "--host", ["bücher.example"], '"bücher.example"', NAMES],
    ["subprotocol", "--subprotocol", "chat", '"chat"', TOKENS],
    ["subprotocol", "--subprotocol", [""], '""', TOKENS],
    ["subprotocol", "--subprotocol", ["a b"], '"a b"', TOKENS],
    ["subprotocol", "--subprotocol", ["a,b"], '"a,b"', TOKENS],
    ["subprotocol", "--subprotocol", ["a\r\nX: 1"], '"a\\r\\nX: 1"', TOKENS],
    ["reverseLookup", "--reverselookup", 1, "1", "true or false"],
    ["header", "--header", "X: 1", '"X: 1"', LINES],
    ["header", "--header", [1], "1", LINES],
    ["headerWs", "--header-ws", [null], "null", LINES],
    ["headerHttp", "--header-http", { "X": "1" }, '{ X: "1" }', LINES],
    ["maxForks", "--maxforks", 1.5, "1.5", COUNT],
    ["maxForks", "--maxforks", "5", '"5"', COUNT],
    ["maxForks", "--maxforks", NaN, "NaN", COUNT],
    ["maxPerIp", "--maxperip", Infinity, "Infinity", COUNT],
    ["maxFrameSize", "--maxframesize", 0.5, "0.5", COUNT],
    ["maxFrameSize", "--maxframesize", 10n, "10n", COUNT],
    ["pingMs", "--pingms", -1, "-1", DURATION],
    ["pingMs", "--pingms", NaN, "NaN", DURATION],
    ["timeoutMs", "--timeout", 2_000_000_001, "2000000001", DURATION],
    ["idleMs", "--idle", "1000", '"1000"', DURATION],
    ["closeMs", "--closems", Infinity, "Infinity", DURATION],
    ["drainMs", "--drainms", -0.1, "-0.1", DURATION],
    ["onEvent", null, "log", '"log"', "a function"],
  ] as const
) {
  Deno.test(`the option ${name}: ${Deno.inspect(value)} is refused: write ${instead}`, async () =>
    assertEquals(
      await refusal({ [name]: value }),
      `Cannot use ${shown} for ${name}${
        flag === null ? "" : ` (${flag})`
      }: write ${instead}`,
    ));
}

for (
  const [options, message] of [
    [
      { command: undefined },
      "Cannot start without something to serve: set command, program, dir (--dir), cgiDir (--cgidir) or staticDir (--staticdir)",
    ],
    ...[
      { command: "cat" },
      { command: undefined, dir: "." },
      { command: undefined, cwd: "/" },
    ].map((other) =>
      [
        { ...other, program(): void {} },
        `Cannot use ${
          Object.keys(other).at(-1)
        } with program, which is a function of this process: leave one of them out`,
      ] as [Record<string, unknown>, string]
    ),
    [
      { command: undefined, program(): void {}, unbuffer: "stdbuf" },
      'Cannot use unbuffer: "stdbuf" with program, which is a function of this process: leave one of them out',
    ],
    [{ command: "" }, "Cannot start an empty command: name a program"],
    [
      { command: "no-such-program-anywhere" },
      'Cannot start "no-such-program-anywhere": no such program in PATH',
    ],
    [
      { command: "./no-such-file" },
      'Cannot start "./no-such-file": no such file',
    ],
    [{ command: "/" }, 'Cannot start "/": it is a directory'],
    [
      { command: "./deno.json" },
      'Cannot start "./deno.json": permission denied (chmod +x ./deno.json)',
    ],
    [
      { header: ["Bad Name: x"] },
      `Cannot use "Bad Name: x" as a header: write --header='Name: value', the name of letters, digits and dashes`,
    ],
    [
      { headerWs: ["Upgrade: h2c"] },
      'Cannot use "Upgrade: h2c" as a header: the server sets Upgrade itself',
    ],
  ] as [Record<string, unknown>, string][]
) {
  Deno.test({
    name: `the options ${
      Deno.inspect(options, { breakLength: Infinity })
    } are refused: ${message}`,
    ignore: Deno.build.os === "windows",
    fn: async () => assertEquals(await refusal(options), message),
  });
}

Deno.test("every option may be undefined, which is its default", async () => {
  const options: Record<string, undefined> = {};
  for (
    const name of [
      "program",
      "args",
      "cwd",
      "passEnv",
      "unbuffer",
      "framing",
      "maxLine",
      "invalidUtf8",
      "origin",
      "sameOrigin",
      "host",
      "subprotocol",
      "reverseLookup",
      "header",
      "headerWs",
      "headerHttp",
      "maxForks",
      "maxPerIp",
      "maxFrameSize",
      "pingMs",
      "timeoutMs",
      "idleMs",
      "closeMs",
      "drainMs",
      "onEvent",
    ]
  ) options[name] = undefined;
  const program = handler({ command: "cat", ...options });
  assertEquals(program.sessions, 0);
  assertEquals(await program.drain(), 0);
});

for (
  const options of [
    { maxForks: 0 },
    { maxForks: -1, maxPerIp: -5, maxFrameSize: -1 },
    { pingMs: 0, timeoutMs: 0, idleMs: 0, closeMs: 0, drainMs: 0 },
    { timeoutMs: 2_000_000_000, idleMs: 0.5 },
    { maxLine: 1 },
    {
      origin: [
        "*",
        "null",
        "file://",
        "example.com",
        "https://[::1]:8080",
        "chrome-extension://abc",
        "https://example.com/",
      ],
    },
    { host: ["*", "example.com", "[::1]", "10.0.0.1"] },
    { passEnv: [] },
    { subprotocol: ["chat", "v1.json+x"] },
    { args: [""] },
  ] as Partial<Options>[]
) {
  Deno.test(`the options ${JSON.stringify(options)} can be used`, async () => {
    assertEquals(await handler({ command: "cat", ...options }).drain(), 0);
  });
}
