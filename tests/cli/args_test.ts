import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type FlagValues, readArgs } from "../../lib/cli/args.ts";
import { FLAGS } from "../../lib/cli/flags.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

/** What a row expects of the flags that it names. */
type Expected = Partial<FlagValues>;

for (
  const [behaviour, line, flags, words] of [
    ["takes one dash for two", "-port 80 cat", { port: 80 }, ["cat"]],
    ["takes = and a word alike", "--port=80 cat", { port: 80 }, ["cat"]],
    [
      "takes the next word as a value even if it looks like a flag",
      "--header --version cat",
      { header: ["--version"], version: false },
      ["cat"],
    ],
    [
      "takes -- as a value where one is due",
      "--header -- cat",
      { header: ["--"] },
      ["cat"],
    ],
    [
      "gives a boolean no word of its own",
      "--binary true cat",
      { binary: true },
      ["true", "cat"],
    ],
    ["reads --flag=false", "--binary=false cat", { binary: false }, ["cat"]],
    ["reads --flag=F", "--binary --binary=F cat", { binary: false }, ["cat"]],
    [
      "stops at the first word that is no flag",
      "--raw bash --port=9 --nosuch",
      { raw: true, port: undefined },
      ["bash", "--port=9", "--nosuch"],
    ],
    ["stops at --", "--raw -- --port=9", { raw: true }, ["--port=9"]],
    ["leaves a second -- to the program", "-- cat --", {}, ["cat", "--"]],
    ["takes a lone dash for COMMAND", "- --port=1", {}, ["-", "--port=1"]],
    ["takes the last of two scalars", "--port=1 --port=2", { port: 2 }, []],
    [
      "takes the last of two csv lists",
      "--origin=a,b --origin=c",
      { origin: ["c"] },
      [],
    ],
    [
      "collects what may be repeated, in order",
      "--address=b --header=X:1 --address a",
      { address: ["b", "a"], header: ["X:1"], "header-ws": [] },
      [],
    ],
    [
      "keeps = in values",
      "--header=X:a=b=c --header==",
      { header: ["X:a=b=c", "="] },
      [],
    ],
    [
      "keeps empty values",
      "--header= --address= --origin= --framing= cat",
      { header: [""], address: [""], origin: [], framing: "" },
      ["cat"],
    ],
    [
      "drops empty csv entries and spaces around them",
      "--origin=a,,b, --passenv=,",
      { origin: ["a", "b"], passenv: [] },
      [],
    ],
    [
      "reads numbers in Go's bases",
      "--port=0x8ff --maxforks=-0b11 --closems=1_000",
      { port: 2303, maxforks: -3, closems: 1000 },
      [],
    ],
    ["lets --help win as soon as it is met", "--help --nosuch", {
      help: true,
      version: false,
    }, []],
    ["takes -h for help", "--port=1 -h ---", { help: true }, []],
    ["takes any value of --help for yes", "--help=false", { help: true }, []],
    ["gives nothing for nothing", "", {
      port: undefined,
      origin: undefined,
      address: [],
      binary: false,
    }, []],
    ["reads an empty word as COMMAND", " cat", {}, ["", "cat"]],
  ] as [string, string, Expected, string[]][]
) {
  Deno.test(`readArgs() ${behaviour}: ${line}`, () => {
    const parsed = readArgs(line === "" ? [] : line.split(" "));
    for (const [name, value] of Object.entries(flags)) {
      assertEquals(parsed.flags[name as keyof FlagValues], value, name);
    }
    assertEquals(parsed.words, words);
  });
}

for (
  const [line, message] of [
    [
      "--nosuch",
      "flag provided but not defined: -nosuch\nSee --help for all flags",
    ],
    [
      "--prot=80",
      "flag provided but not defined: -prot\nDid you mean --port=80?",
    ],
    ["-p 80", "flag provided but not defined: -p\nDid you mean --port?"],
    [
      "--no-binary",
      "flag provided but not defined: -no-binary\nDid you mean --binary=false?",
    ],
    ["--port", "flag needs an argument: -port\nWrite --port=8080"],
    ["--address", "flag needs an argument: -address\nWrite --address=ADDRESS"],
    [
      "--port=abc",
      'invalid value "abc" for flag -port: parse error\nWrite a whole number, such as --port=8080',
    ],
    [
      "--port=99999999999999999999",
      'invalid value "99999999999999999999" for flag -port: value out of range\nWrite a whole number, such as --port=8080',
    ],
    [
      "--timeout=1.5",
      'invalid value "1.5" for flag -timeout: parse error\nWrite a whole number without a sign, such as --timeout=0',
    ],
    [
      "--binary=maybe",
      'invalid boolean value "maybe" for -binary: parse error\nWrite --binary or --binary=false',
    ],
    [
      "---x",
      "bad flag syntax: ---x\nA flag is one or two dashes and a name, such as --port=8080",
    ],
    [
      "-=3",
      "bad flag syntax: -=3\nA flag is one or two dashes and a name, such as --port=8080",
    ],
    [
      "--nosuch --help",
      "flag provided but not defined: -nosuch\nSee --help for all flags",
    ],
    [
      "--\x1b[2J\n",
      "flag provided but not defined: -\\u001b[2J\\n\nSee --help for all flags",
    ],
  ] as const
) {
  Deno.test(`readArgs() refuses ${JSON.stringify(line)} with code 2`, () => {
    const error = assertThrows(
      () => readArgs(line.split(" ")),
      UsageError,
    );
    assertEquals(error.message, message);
    assertEquals(error.code, 2);
    assertEquals(error.stream, "stderr");
    assert(error.help);
  });
}

Deno.test("readArgs() tells which boolean stood right before COMMAND", () => {
  function before(...args: string[]): string | undefined {
    return readArgs(args).boolBeforeCommand;
  }
  assertEquals(before("--binary", "true"), "binary");
  assertEquals(before("--binary=true", "true"), undefined);
  assertEquals(before("--binary", "--", "true"), undefined);
  assertEquals(before("--binary", "--port", "1", "true"), undefined);
});

/** Words that look like command lines: mostly real flags, some broken. */
const word = fc.oneof(
  fc.constantFrom(...FLAGS.map(({ name }) => `--${name}`)),
  fc.tuple(
    fc.constantFrom("-", "--", "---"),
    fc.constantFrom(...FLAGS.map(({ name }) => name), "nosuch", "", "h"),
    fc.constantFrom("=", ""),
    fc.oneof(fc.constantFrom("", "0", "true", "json", "a,b"), fc.string()),
  ).map((parts) => parts.join("")),
  fc.string({ unit: "binary" }),
);

Deno.test("readArgs() throws nothing but a UsageError of code 2, whatever is typed", () => {
  fc.assert(fc.property(fc.array(word), (args) => {
    try {
      const { words } = readArgs(args);
      // COMMAND and its arguments are the end of the line, untouched.
      assertEquals(words, args.slice(args.length - words.length));
    } catch (error) {
      assert(error instanceof UsageError, String(error));
      assertEquals(error.code, 2);
    }
  }));
});

Deno.test("readArgs() gives any value back, written with = or as a word", () => {
  const value = fc.string({ unit: "binary" });
  fc.assert(fc.property(fc.array(value), value, (values, last) => {
    const joined = values.map((value) => `--header=${value}`);
    const spaced = values.flatMap((value) => ["-header", value]);
    for (const args of [joined, spaced]) {
      const { flags, words } = readArgs([
        ...args,
        `--loglevel=${last}`,
        "--",
        ...values,
      ]);
      assertEquals(flags.header, values);
      assertEquals(flags.loglevel, last);
      assertEquals(words, values);
    }
  }));
});

Deno.test("the table names each flag once, and every choice has its words", () => {
  const names = FLAGS.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  for (const flag of FLAGS) {
    assertEquals(flag.type === "choice", "choices" in flag, flag.name);
    assertEquals(flag.value === null, flag.type === "bool", flag.name);
  }
});
