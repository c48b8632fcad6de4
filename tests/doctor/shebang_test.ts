import { assertEquals } from "@std/assert";
import { envTarget, isEnv, parseShebang } from "../../lib/doctor/shebang.ts";

for (
  const [line, wanted] of [
    ["#!/bin/sh", { interpreter: "/bin/sh", argument: "" }],
    ["#! /bin/sh -e", { interpreter: "/bin/sh", argument: "-e" }],
    ["#!\t/bin/awk  -f  -v x ", {
      interpreter: "/bin/awk",
      argument: "-f  -v x",
    }],
    ["#!/bin/sh\r", { interpreter: "/bin/sh\r", argument: "" }],
    ["#!", { interpreter: "", argument: "" }],
    ["# /bin/sh", null],
    ["", null],
  ] as const
) {
  Deno.test(`parseShebang() takes ${JSON.stringify(line)} apart`, () => {
    assertEquals(parseShebang(line), wanted);
  });
}

for (
  const [argument, name, unsplit] of [
    ["python3", "python3", null],
    ["node --inspect", "node", "node --inspect"],
    ["-S node --inspect", "node", null],
    ["-Snode", "node", null],
    ["-vS deno run -A", "deno", null],
    ["--split-string=deno run", "deno", null],
    ["-S -i -u HOME A=b 'my prog' x", "my prog", null],
    ["-S", "", null],
    ["", "", null],
  ] as const
) {
  Deno.test(`envTarget() finds ${name || "nothing"} in "env ${argument}"`, () => {
    assertEquals(envTarget(argument), { name, unsplit });
  });
}

Deno.test("isEnv() knows env by the end of its path", () => {
  assertEquals(isEnv({ interpreter: "/usr/bin/env", argument: "" }), true);
  assertEquals(
    isEnv({ interpreter: "/usr/bin/printenv", argument: "" }),
    false,
  );
});
