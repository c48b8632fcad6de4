/** A pipe inside of the process: like one of the system, seen from both ends. */
import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { MemoryPipe } from "../../lib/process/memory_pipe.ts";
import { within } from "../helpers/deadline.ts";

const CAPACITY = 65536;
const { BrokenPipe } = Deno.errors;

/** Whether a promise has settled by the time that everything has which can without it. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => settled = true;
  void promise.then(settle, settle);
  await new Promise((resolve) => setTimeout(resolve));
  return settled;
}

async function readAll(pipe: MemoryPipe, size = 1000): Promise<number[]> {
  const bytes: number[] = [];
  for (;;) {
    const chunk = await pipe.read(new Uint8Array(size));
    if (chunk === null) return bytes;
    bytes.push(...chunk);
  }
}

Deno.test("a memory pipe carries every byte once and in order, however it is written and read", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(40_000), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 50_000 }), { minLength: 1 }),
      async (writes, reads) => {
        const pipe = new MemoryPipe();
        let next = 0;
        const written = Promise.all(
          writes.map((size) =>
            pipe.write(Uint8Array.from({ length: size }, () => next++ & 255))
          ),
        );
        const closed = written.then(() => pipe.close());
        let seen = 0;
        for (let turn = 0;; turn++) {
          const chunk = await pipe.read(
            new Uint8Array(reads[turn % reads.length]),
          );
          if (chunk === null) break;
          for (const byte of chunk) assertEquals(byte, seen++ & 255);
        }
        await closed;
        assertEquals(seen, next);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("a memory pipe takes 64 KiB that nobody reads, and not a byte more", async () => {
  const pipe = new MemoryPipe();
  await within(pipe.write(new Uint8Array(CAPACITY - 1)), "room");
  await within(pipe.write(Uint8Array.of(1)), "room for one more");
  const waiting = pipe.write(Uint8Array.of(2));
  assertEquals(await isSettled(waiting), false);
  await pipe.read(new Uint8Array(1));
  await within(waiting, "room for the byte that waits");
  assertEquals(await isSettled(pipe.write(Uint8Array.of(3))), false);
  await pipe.cancel();
});

Deno.test("a memory pipe keeps what is written in order, whoever waits", async () => {
  const pipe = new MemoryPipe();
  const written = [
    pipe.write(new Uint8Array(CAPACITY + 1)),
    pipe.write(Uint8Array.of(1)),
  ];
  const closed = pipe.close();
  const bytes = await readAll(pipe, CAPACITY);
  await Promise.all([...written, closed]);
  assertEquals(bytes.length, CAPACITY + 2);
  assertEquals(bytes.at(-1), 1);
});

Deno.test("a memory pipe hands out what was written before it was closed, then its end, again and again", async () => {
  const pipe = new MemoryPipe();
  await pipe.write(Uint8Array.of(1, 2));
  await pipe.close();
  assertEquals(await readAll(pipe), [1, 2]);
  assertEquals(await pipe.read(new Uint8Array(1)), null);
  await assertRejects(() => pipe.write(Uint8Array.of(3)), BrokenPipe);
});

Deno.test("a memory pipe nobody reads any more breaks writes, those that wait too, and lets closing end", async () => {
  const pipe = new MemoryPipe();
  const waiting = pipe.write(new Uint8Array(CAPACITY + 1));
  const closed = pipe.close();
  await pipe.cancel();
  await assertRejects(() => waiting, BrokenPipe);
  await assertRejects(() => pipe.write(Uint8Array.of(1)), BrokenPipe);
  await within(closed, "the pipe to be closed");
  assertEquals(await pipe.read(new Uint8Array(1)), null);
});

Deno.test("a memory pipe that is cancelled ends the read that waits", async () => {
  const pipe = new MemoryPipe();
  const reading = pipe.read(new Uint8Array(1));
  assertEquals(await isSettled(reading), false);
  await pipe.cancel();
  assertEquals(await within(reading, "the read to end"), null);
});

Deno.test("a memory pipe that is aborted drops the write that waits, and keeps what it holds", async () => {
  const pipe = new MemoryPipe();
  const waiting = pipe.write(new Uint8Array(CAPACITY + 1));
  assertEquals(await isSettled(waiting), false);
  await pipe.abort();
  assertEquals((await readAll(pipe, CAPACITY)).length, CAPACITY);
  await assertRejects(() => waiting, BrokenPipe);
});

Deno.test("a memory pipe that fails rejects both ends with the reason, after what it holds", async () => {
  const pipe = new MemoryPipe();
  await pipe.write(Uint8Array.of(1));
  const waiting = pipe.write(new Uint8Array(CAPACITY));
  const reason = new Error("enough");
  assertEquals(await isSettled(waiting), false);
  pipe.fail(reason);
  await assertRejects(() => waiting, Error, "enough");
  await assertRejects(() => pipe.write(Uint8Array.of(1)), Error, "enough");
  let left = CAPACITY;
  while (left > 0) left -= (await pipe.read(new Uint8Array(left)))!.length;
  await assertRejects(() => pipe.read(new Uint8Array(1)), Error, "enough");
});

Deno.test("a write that fails and that nobody waits for is no unhandled rejection", async () => {
  const pipe = new MemoryPipe();
  await pipe.cancel();
  const unhandled: unknown[] = [];
  const listener = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  addEventListener("unhandledrejection", listener);
  void pipe.write(Uint8Array.of(1));
  await new Promise((resolve) => setTimeout(resolve, 20));
  removeEventListener("unhandledrejection", listener);
  assertEquals(unhandled, []);
});
