import { assertEquals } from "@std/assert";
import { FLAGS } from "../../lib/cli/flags.ts";
import { nearest } from "../../lib/cli/suggest.ts";

const NAMES = FLAGS.map((flag) => flag.name);

for (
  const [word, expected] of [
    ["prot", "port"],
    ["ports", "port"],
    ["Port", "port"],
    ["same-origin", "sameorigin"],
    ["origins", "origin"],
    ["pass-env", "passenv"],
    ["log_level", "loglevel"],
    ["LogLevel", "loglevel"],
    ["invalidutf8", "invalid-utf8"],
    ["headerws", "header-ws"],
    ["max-forks", "maxforks"],
    ["maxfork", "maxforks"],
    ["adress", "address"],
    ["addr", "address"],
    ["sub", "subprotocol"],
    ["reverse", "reverselookup"],
    ["pass-stderr", "passstderr"],
    ["bind", "address"],
    ["p", "port"],
    ["v", "version"],
    ["verbose", "loglevel"],
    ["nosuch", undefined],
    ["max", undefined],
    ["x", undefined],
    ["", undefined],
    ["constructor", undefined],
    ["a".repeat(100_000), undefined],
  ] as const
) {
  Deno.test(`nearest() takes "${word.slice(0, 20)}" for ${expected ?? "nothing"}`, () => {
    assertEquals(nearest(word, NAMES), expected);
  });
}

Deno.test("nearest() finds every flag with one letter missing, or two swapped", () => {
  for (const name of NAMES) {
    // "rw" may be anything, "header-s" is as near to "header" as to "header-ws", and "ssla" to "ssl" as to "sslca".
    if (name.length < 4 || /^(header-|ssl)/.test(name)) continue;
    for (let i = 1; i < name.length - 1; i++) {
      const without = name.slice(0, i) + name.slice(i + 1);
      const swapped = name.slice(0, i) + name[i + 1] + name[i] +
        name.slice(i + 2);
      assertEquals(nearest(without, NAMES), name, without);
      assertEquals(nearest(swapped, NAMES), name, swapped);
    }
  }
});
