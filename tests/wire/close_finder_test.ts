import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { CloseFinder } from "../../lib/socket/wire/close_finder.ts";
import { close, concat, frame, more, ping, text } from "./frames.ts";

/** Whether a close frame is found in bytes that come in pieces of a size. */
function finds(bytes: Uint8Array, size: number, missing = 0): boolean {
  const finder = new CloseFinder(missing);
  for (let at = 0; at < bytes.length; at += size) {
    finder.push(bytes.subarray(at, at + size));
  }
  return finder.found;
}

/** Any frame but a close frame: of each way to write a length, masked or not. */
const OTHER = fc.oneof(
  fc.constant(ping("are you there?")),
  fc.constant(more("x")),
  fc.record({
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 130 }),
      fc.constant(new Uint8Array(70_000).fill(0x88)),
    ),
    isMasked: fc.boolean(),
  }).map(({ payload, isMasked }) =>
    isMasked ? text(payload) : frame({ opcode: 2, payload, key: null })
  ),
);

Deno.test("CloseFinder finds a close frame behind any others, in pieces of any size", () => {
  fc.assert(
    fc.property(
      fc.array(OTHER, { maxLength: 5 }),
      fc.integer({ min: 1, max: 80_000 }),
      (frames, size) => {
        const others = concat(frames);
        assertEquals(finds(others, size), false);
        assertEquals(finds(concat([others, close(1000, "")]), size), true);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("CloseFinder begins inside a frame whose rest looks like a close frame", () => {
  const rest = close(1000, "");
  assertEquals(finds(rest, 1, rest.length), false);
  assertEquals(finds(concat([rest, close(1000, "")]), 3, rest.length), true);
  assertEquals(finds(rest, 2, rest.length - 1), false);
});

Deno.test("CloseFinder has found a close frame when its last byte is there", () => {
  const whole = close(1000, "bye");
  for (let size = 0; size < whole.length; size++) {
    assertEquals(finds(whole.subarray(0, size), size || 1), false);
  }
  assertEquals(finds(whole, whole.length), true);
  assertEquals(finds(frame({ opcode: 8 }), 1), true);
});
