import { assert, assertEquals } from "@std/assert";
import { CLOSE, fitReason } from "../../lib/socket/close_codes.ts";

const size = (text: string) => new TextEncoder().encode(text).length;

Deno.test("every close code may be sent by a server, but for the two that stand for none", () => {
  const { NO_STATUS, ABNORMAL, ...sent } = CLOSE;
  assertEquals([NO_STATUS, ABNORMAL], [1005, 1006]);
  for (const code of Object.values(sent)) {
    // RFC 6455 §7.4: 1004 to 1006 and 1015 may not be on the wire; 4000 to 4999 are ours.
    assert(
      (code >= 1000 && code < 1015 && ![1004, 1005, 1006].includes(code)) ||
        (code >= 4000 && code < 5000),
      `${code}`,
    );
  }
  // Exit status 255 and the highest signal stay apart and inside.
  assert(CLOSE.EXIT + 255 < CLOSE.SIGNAL && CLOSE.SIGNAL + 64 < 5000);
});

Deno.test("fitReason leaves 123 bytes as they are and cuts 124", () => {
  for (const letter of ["x", "ü", "€", "𝄞"]) {
    const fits = letter.repeat(Math.floor(123 / size(letter)))
      .padEnd(
        123 - size(letter.repeat(Math.floor(123 / size(letter)))) +
          Math.floor(123 / size(letter)) * letter.length,
        ".",
      );
    assertEquals(size(fits), 123);
    assertEquals(fitReason(fits), fits);
    assert(fitReason(fits + ".") !== fits + ".");
  }
});

for (const letter of ["x", "ü", "€", "𝄞"]) {
  for (let before = 0; before < 4; before++) {
    Deno.test(`fitReason cuts ${letter} after ${before} bytes between characters, and says that it did`, () => {
      const reason = "-".repeat(before) + letter.repeat(130);
      const cut = fitReason(reason);
      assert(size(cut) <= 123 && size(cut) > 119, `${size(cut)}`);
      assert(cut.endsWith("…"));
      assert(reason.startsWith(cut.slice(0, -1)));
    });
  }
}

Deno.test("fitReason leaves an empty reason empty", () => {
  assertEquals(fitReason(""), "");
});
