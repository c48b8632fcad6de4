import { assert, assertEquals, assertRejects } from "@std/assert";
import { FramingError } from "../../lib/errors.ts";
import type { Batch } from "../../lib/framing/batch.ts";
import { createFraming } from "../../lib/framing/create_framing.ts";
import type { Input } from "../../lib/process/input.ts";
import type { Output } from "../../lib/process/output.ts";
import { drain, feed, forward } from "../../lib/session/bridge.ts";
import { StallClock } from "../../lib/socket/stall_clock.ts";
import type { Socket } from "../../lib/socket/socket.ts";
import { within } from "../helpers/deadline.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Output that comes in these chunks, and then ends, or stays open. */
function outputOf(chunks: readonly string[], { isOpen = false } = {}): Output {
  const left = chunks.map((chunk) => encoder.encode(chunk));
  return {
    read: () =>
      left.length === 0 && isOpen
        ? new Promise(() => {})
        : Promise.resolve(left.shift() ?? null),
  } as unknown as Output;
}

/** A socket that keeps what it is sent, and hands out batches. */
function fakeSocket(batches: Batch[] = []): Socket & { sentTexts: string[] } {
  const sentTexts: string[] = [];
  return {
    sentTexts,
    send({ bytes, bounds, count }: Batch): Promise<void> {
      for (let i = 0; i < count; i++) {
        sentTexts.push(
          decoder.decode(bytes.subarray(bounds[2 * i], bounds[2 * i + 1])),
        );
      }
      return Promise.resolve();
    },
    receive: () => Promise.resolve(batches.shift() ?? null),
  } as unknown as Socket & { sentTexts: string[] };
}

function batchOf(type: "text" | "binary", ...messages: string[]): Batch {
  const bytes = encoder.encode(messages.join(""));
  const bounds: number[] = [];
  let at = 0;
  for (const { length } of messages) bounds.push(at, at += length);
  return {
    type,
    bytes,
    bounds: Uint32Array.from(bounds),
    count: messages.length,
  };
}

Deno.test("forward sends what is printed until its end, the last line without a newline too", async () => {
  const socket = fakeSocket();
  const chunks: string[] = [];
  await forward(
    outputOf(["a\nb", "c\n", "d"]),
    createFraming({}).decoder("stdout"),
    socket,
    (chunk) => chunks.push(decoder.decode(chunk)),
  );
  assertEquals(socket.sentTexts, ["a", "bc", "d"]);
  assertEquals(chunks, ["a\nb", "c\n", "d"]);
});

Deno.test("forward sends the messages before a violation, and rejects although nothing more is printed", async () => {
  const socket = fakeSocket();
  await assertRejects(
    () =>
      within(
        forward(
          outputOf(["ok\n12345\n123456\n"], { isOpen: true }),
          createFraming({ maxLine: 5 }).decoder("stdout"),
          socket,
        ),
        "the violation",
      ),
    FramingError,
    "--maxline",
  );
  assertEquals(socket.sentTexts, ["ok", "12345"]);
});

Deno.test("feed writes what the client sends, in order, and resolves with true at its end", async () => {
  const written: string[] = [];
  const input = {
    write: (bytes: Uint8Array) => {
      written.push(decoder.decode(bytes));
      return Promise.resolve();
    },
  } as unknown as Input;
  const socket = fakeSocket([batchOf("text", "a", "b"), batchOf("text", "c")]);
  assertEquals(
    await feed(socket, createFraming({}), input, new StallClock()),
    true,
  );
  assertEquals(written, ["a\nb\n", "c\n"]);
});

Deno.test("feed stops at the first message of the wrong type, after those before it", async () => {
  const written: string[] = [];
  const input = {
    write: (bytes: Uint8Array) => {
      written.push(decoder.decode(bytes));
      return Promise.resolve();
    },
  } as unknown as Input;
  const socket = fakeSocket([
    batchOf("text", "a"),
    batchOf("binary", "b"),
    batchOf("text", "c"),
  ]);
  assertEquals(
    await feed(socket, createFraming({}), input, new StallClock()),
    false,
  );
  assertEquals(written, ["a\n"]);
});

Deno.test("drain hands on everything, in order", async () => {
  const text = "0123456789".repeat(1000);
  let seen = "";
  await drain(outputOf([text, "x", text]), (chunk) => {
    seen += decoder.decode(chunk);
  });
  assertEquals(seen, `${text}x${text}`);
});

Deno.test("drain leaves others their turn while there is always more to read", async () => {
  const chunk = new Uint8Array(65_536);
  let reads = 0;
  const output = {
    // Not without end: if nobody else had a turn, nothing could stop the test.
    read: () => Promise.resolve(reads++ < 2000 ? chunk : null),
  } as unknown as Output;
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const sum = { bytes: 0 };
  await drain(output, (slice) => {
    // Some work, as the log has it.
    for (const byte of slice) sum.bytes += byte + 1;
  });
  clearInterval(timer);
  assertEquals(sum.bytes, 2000 * 65_536);
  assert(turns > 10, `${turns} turns`);
});
