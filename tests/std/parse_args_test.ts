import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli";

Deno.test("parseArgs without options reads dashes, numbers and words", () => {
  assertEquals<unknown>(parseArgs(["-a", "beep", "-b", "boop"]), {
    _: [],
    a: "beep",
    b: "boop",
  });
  assertEquals<unknown>(
    parseArgs("-x 3 -y 4 -n5 -abc --beep=boop foo bar baz".split(" ")),
    {
      _: ["foo", "bar", "baz"],
      x: 3,
      y: 4,
      n: 5,
      a: true,
      b: true,
      c: true,
      beep: "boop",
    },
  );
});

Deno.test("parseArgs makes numbers of what looks like one", () => {
  assertEquals<unknown>(
    parseArgs(["--a=1", "--b=0x1F", "--c=1e3", "--d=.5", "7", "7a"]),
    {
      _: [7, "7a"],
      a: 1,
      b: 31,
      c: 1000,
      d: 0.5,
    },
  );
});

Deno.test("parseArgs leaves string options as text", () => {
  assertEquals<unknown>(
    parseArgs(["--port=0080", "--pin", "12", "--empty", "--none=", "05"], {
      string: ["port", "pin", "empty", "none", "_"],
    }),
    { _: ["05"], port: "0080", pin: "12", empty: "", none: "" },
  );
});

Deno.test("parseArgs keeps an equals sign and newlines in a value", () => {
  assertEquals<unknown>(parseArgs(["--a=b=c", "--d=e\nf"]), {
    _: [],
    a: "b=c",
    d: "e\nf",
  });
});

Deno.test("parseArgs booleans take no other word and are false if not given", () => {
  assertEquals<unknown>(
    parseArgs(["--verbose", "word", "--quiet=false", "--loud=true"], {
      boolean: ["verbose", "quiet", "loud", "absent"],
    }),
    { _: ["word"], verbose: true, quiet: false, loud: true, absent: false },
  );
});

Deno.test("parseArgs takes true and false after a boolean", () => {
  assertEquals<unknown>(
    parseArgs(["--verbose", "false", "word"], { boolean: "verbose" }),
    { _: ["word"], verbose: false },
  );
});

Deno.test("parseArgs boolean: true keeps every double dash from its next word", () => {
  assertEquals<unknown>(
    parseArgs(["--any", "word", "--set=1"], { boolean: true }),
    {
      _: ["word"],
      any: true,
      set: 1,
    },
  );
});

Deno.test("parseArgs lets the last value win, and collects where asked", () => {
  assertEquals<unknown>(
    parseArgs(["--a=1", "--a=2", "--h=x", "--h=y", "word"], {
      string: ["a", "h", "i"],
      collect: ["h", "i"],
    }),
    { _: ["word"], a: "2", h: ["x", "y"], i: [] },
  );
});

Deno.test("parseArgs sets a value under all its names", () => {
  assertEquals<unknown>(
    parseArgs(["-h", "-p", "80"], {
      boolean: ["help"],
      string: ["port"],
      alias: { help: "h", port: ["p", "listen"] },
    }),
    { _: [], help: true, h: true, port: "80", p: "80", listen: "80" },
  );
});

Deno.test("parseArgs fills defaults only where nothing was given", () => {
  assertEquals<unknown>(
    parseArgs(["--a=1"], {
      default: { a: 9, b: "x", c: true },
      boolean: ["c"],
      alias: { b: "bee" },
    }),
    { _: [], a: 1, b: "x", bee: "x", c: true },
  );
});

Deno.test("parseArgs --no-name is a negation only for negatable names", () => {
  assertEquals<unknown>(
    parseArgs(["--no-colour", "--no-other"], {
      boolean: ["colour"],
      negatable: ["colour"],
      default: { colour: true },
    }),
    { _: [], colour: false, "no-other": true },
  );
});

Deno.test("parseArgs stopEarly leaves everything from the first word", () => {
  assertEquals<unknown>(
    parseArgs(["--a", "ls", "-l", "5", "--all"], {
      boolean: ["a"],
      stopEarly: true,
    }),
    { _: ["ls", "-l", "5", "--all"], a: true },
  );
});

Deno.test("parseArgs leaves words after -- unread", () => {
  assertEquals<unknown>(parseArgs(["--a=1", "x", "--", "--b", "2"]), {
    _: ["x", "--b", "2"],
    a: 1,
  });
  assertEquals<unknown>(
    parseArgs(["--a=1", "x", "--", "--b", "2"], { "--": true }),
    {
      _: ["x"],
      a: 1,
      "--": ["--b", "2"],
    },
  );
});

Deno.test("parseArgs asks about what is unknown and leaves it out on false", () => {
  const asked: unknown[] = [];
  const result = parseArgs(["--known=1", "--odd=2", "-z", "word"], {
    string: ["known"],
    unknown: (arg: string, key?: string, value?: unknown) => {
      asked.push([arg, key, value]);
      return arg === "-z";
    },
  });
  assertEquals(result as unknown, { _: [], known: "1", z: "word" });
  assertEquals(asked, [["--odd=2", "odd", "2"], ["-z", "z", "word"]]);
});

Deno.test("parseArgs makes objects of dotted names, never of a prototype", () => {
  assertEquals<unknown>(parseArgs(["--a.b=1", "--a.c=2"]), {
    _: [],
    a: { b: 1, c: 2 },
  });
  parseArgs(["--__proto__.polluted=1", "--constructor.prototype.polluted=1"]);
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("parseArgs takes a lone dash as a word and as a value", () => {
  assertEquals<unknown>(parseArgs(["-"]), { _: ["-"] });
  assertEquals<unknown>(parseArgs(["-n", "-"]), { _: [], n: "-" });
  assertEquals<unknown>(parseArgs(["-f-"]), { _: [], f: "-" });
  assertEquals<unknown>(parseArgs(["-b", "-"], { boolean: "b" }), {
    _: ["-"],
    b: true,
  });
});

Deno.test("parseArgs types follow the options", () => {
  const args = parseArgs(["--port=1"], {
    boolean: ["help"],
    string: ["port", "host", "header"],
    collect: ["header"],
    default: { host: "localhost" },
  });
  const help: boolean = args.help;
  const port: string | undefined = args.port;
  const host: string = args.host;
  const header: string[] = args.header;
  // A table of flags gives names that are known only at run time.
  const names: string[] = ["a", "b"];
  const dynamic: Record<string, unknown> = parseArgs(["--a=1"], {
    string: names,
    boolean: names.slice(1),
  });
  assertEquals([help, port, host, header], [false, "1", "localhost", []]);
  assertEquals(dynamic, { _: [], a: "1", b: false });
});
