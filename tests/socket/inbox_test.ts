import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Batch } from "../../lib/framing/batch.ts";
import { Inbox } from "../../lib/socket/inbox.ts";

const encoder = new TextEncoder();

function messagesOf(
  { type, bytes, bounds, count }: Batch,
): (string | number[])[] {
  return Array.from({ length: count }, (_, i) => {
    const message = bytes.slice(bounds[2 * i], bounds[2 * i + 1]);
    return type === "text"
      ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(message)
      : [...message];
  });
}

function takeAll(inbox: Inbox): (string | number[])[] {
  const messages = [];
  for (let batch; (batch = inbox.take()) !== null;) {
    messages.push(...messagesOf(batch));
  }
  return messages;
}

Deno.test("Inbox hands out messages in order, whatever their types, sizes and characters, and however often it is emptied", () => {
  const message = fc.oneof(
    fc.string({ unit: "binary", maxLength: 600 }),
    fc.string({
      unit: fc.constantFrom("€", "ü", "x", "𝄞", "\ufeff"),
      maxLength: 600,
    }),
    fc.array(fc.nat(255), { maxLength: 600 }),
    fc.constant("take" as const).map(() => null),
  );
  fc.assert(fc.property(fc.array(message, { maxLength: 30 }), (steps) => {
    const inbox = new Inbox();
    const expected: (string | number[])[] = [],
      found: (string | number[])[] = [];
    for (const step of steps) {
      if (step === null) {
        const batch = inbox.take();
        if (batch !== null) found.push(...messagesOf(batch));
      } else if (typeof step === "string") {
        assertEquals(inbox.addText(step), encoder.encode(step).length);
        expected.push(step.toWellFormed());
      } else {
        inbox.addBinary(Uint8Array.from(step));
        expected.push(step);
      }
    }
    assertEquals([...found, ...takeAll(inbox)], expected);
    assertEquals(inbox.bytes, 0);
  }));
});

Deno.test("Inbox keeps the beginning of a message that turns out longer in UTF-8 than there is room", () => {
  for (const length of [84, 85, 86, 100, 1000, 100_000]) {
    const inbox = new Inbox();
    const message = "x" + "€".repeat(length);
    inbox.addText(message);
    inbox.addText("next");
    assertEquals(takeAll(inbox), [message, "next"]);
  }
});

Deno.test("Inbox counts the payload and 8 bytes for each message", () => {
  const inbox = new Inbox();
  inbox.addText("€");
  assertEquals(inbox.bytes, 3 + 8);
  inbox.addText("");
  assertEquals(inbox.bytes, 3 + 16);
  inbox.addBinary(new Uint8Array(5));
  assertEquals(inbox.bytes, 3 + 16 + 5 + 8);
  inbox.take();
  assertEquals(inbox.bytes, 5 + 8);
  inbox.take();
  assertEquals(inbox.bytes, 0);
  assertEquals(inbox.take(), null);
});

Deno.test("Inbox begins a new batch where the type changes, and only there", () => {
  const inbox = new Inbox();
  inbox.addText("a");
  inbox.addText("b");
  inbox.addBinary(Uint8Array.of(1));
  inbox.addText("c");
  const batches = [];
  for (let batch; (batch = inbox.take()) !== null;) {
    batches.push([batch.type, batch.count]);
  }
  assertEquals(batches, [["text", 2], ["binary", 1], ["text", 1]]);
});

Deno.test("Inbox keeps a copy of a binary message", () => {
  const inbox = new Inbox();
  const bytes = Uint8Array.of(1, 2);
  inbox.addBinary(bytes);
  bytes[0] = 9;
  assertEquals(takeAll(inbox), [[1, 2]]);
});

Deno.test("Inbox does not touch a batch that was taken", () => {
  const inbox = new Inbox();
  inbox.addText("first");
  const batch = inbox.take()!;
  inbox.addText("second");
  assertEquals(messagesOf(batch), ["first"]);
});

Deno.test("Inbox drops everything when it is cleared", () => {
  const inbox = new Inbox();
  inbox.addText("a");
  inbox.clear();
  assertEquals([inbox.bytes, inbox.take()], [0, null]);
  inbox.addText("b");
  assertEquals(takeAll(inbox), ["b"]);
});

Deno.test("Inbox costs little more than the bytes of a million short messages", () => {
  const inbox = new Inbox();
  for (let i = 0; i < 1_000_000; i++) inbox.addText("ab");
  const { bytes, bounds, count } = inbox.take()!;
  assertEquals(count, 1_000_000);
  assert(bytes.byteLength <= 4_200_000 && bounds.byteLength <= 17_000_000);
});
