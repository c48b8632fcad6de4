import { assertEquals } from "@std/assert";
import { Output } from "../../lib/process/output.ts";
import type { PipeReader } from "../../lib/process/pipes.ts";

/** A pipe out of which the test decides how much comes: as many bytes as each entry says, at most what there is room for. */
class FakePipe implements PipeReader {
  /** Sizes of the buffers that were offered. */
  readonly rooms: number[] = [];
  isCancelled = false;
  readonly #sizes: (number | "end" | "break")[];

  constructor(sizes: (number | "end" | "break")[]) {
    this.#sizes = sizes;
  }

  read(
    buffer: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    this.rooms.push(buffer.byteLength);
    const size = this.#sizes.shift() ?? "end";
    if (size === "break") return Promise.reject(new Error("broken"));
    return Promise.resolve(
      size === "end" ? null : buffer.subarray(0, Math.min(size, buffer.length)),
    );
  }

  cancel(): Promise<void> {
    this.isCancelled = true;
    return Promise.resolve();
  }
}

async function readAll(output: Output): Promise<number[]> {
  const sizes: number[] = [];
  for (let chunk; (chunk = await output.read()) !== null;) {
    sizes.push(chunk.byteLength);
  }
  return sizes;
}

Deno.test("Output waits with 512 bytes, and reads 64 KiB at once when as much comes", async () => {
  const pipe = new FakePipe([1e6, 1e6, 1e6, 1e6, 1e6]);
  const output = new Output(pipe);
  assertEquals(await readAll(output), [512, 4096, 32768, 65536, 65536]);
  assertEquals(pipe.rooms, [512, 4096, 32768, 65536, 65536, 65536]);
  assertEquals(output.bytes, 512 + 4096 + 32768 + 65536 + 65536);
});

Deno.test("Output does not grow for chunks that do not fill its buffer", async () => {
  const pipe = new FakePipe([511, 511, 100, 1]);
  await readAll(new Output(pipe));
  assertEquals(pipe.rooms, [512, 512, 512, 512, 512]);
});

Deno.test("Output gives its memory back step by step when the program is quiet again", async () => {
  const pipe = new FakePipe([1e6, 1e6, 1e6, 2048, 2047, 9, 9, 9]);
  await readAll(new Output(pipe));
  // 2048 bytes are a 32nd of 65536; one less makes it smaller.
  assertEquals(
    pipe.rooms,
    [512, 4096, 32768, 65536, 65536, 8192, 1024, 512, 512],
  );
});

Deno.test("Output tells whether it waits, and when the end was read", async () => {
  const { promise, resolve } = Promise.withResolvers<null>();
  const output = new Output({
    read: () => promise,
    cancel: () => Promise.resolve(),
  });
  assertEquals([output.waiting, output.ended], [false, false]);
  const read = output.read();
  assertEquals([output.waiting, output.ended], [true, false]);
  resolve(null);
  assertEquals(await read, null);
  assertEquals([output.waiting, output.ended], [false, true]);
});

Deno.test("Output takes a pipe that breaks for one that has ended", async () => {
  const output = new Output(new FakePipe([10, "break"]));
  assertEquals(await readAll(output), [10]);
  assertEquals(output.ended, true);
});

Deno.test("Output cancels its pipe", async () => {
  const pipe = new FakePipe([]);
  await new Output(pipe).cancel();
  assertEquals(pipe.isCancelled, true);
});
