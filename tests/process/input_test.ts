import { assertEquals } from "@std/assert";
import { Input } from "../../lib/process/input.ts";
import type { PipeWriter } from "../../lib/process/pipes.ts";

/** A pipe that writes down what is done to it, and breaks when it is told to. */
class FakePipe implements PipeWriter {
  readonly calls: string[] = [];
  isBroken = false;

  write(bytes: Uint8Array): Promise<void> {
    this.calls.push(`write ${bytes.byteLength}`);
    return this.isBroken
      ? Promise.reject(new Deno.errors.BrokenPipe())
      : Promise.resolve();
  }

  close(): Promise<void> {
    this.calls.push("close");
    return Promise.resolve();
  }

  abort(): Promise<void> {
    this.calls.push("abort");
    return Promise.resolve();
  }
}

const bytes = (size: number) => new Uint8Array(size);

Deno.test("Input counts what the pipe has taken", async () => {
  const input = new Input(new FakePipe());
  await input.write(bytes(3));
  await input.write(bytes(4));
  assertEquals([input.written, input.open], [7, true]);
});

Deno.test("Input takes a program that has closed its stdin for an outcome: later writes go nowhere", async () => {
  const pipe = new FakePipe();
  const input = new Input(pipe);
  await input.write(bytes(3));
  pipe.isBroken = true;
  await input.write(bytes(4));
  assertEquals([input.written, input.open], [3, false]);
  await input.write(bytes(5));
  assertEquals(pipe.calls, ["write 3", "write 4"]);
});

Deno.test("Input writes nothing for an empty message, and does not end by it", async () => {
  const pipe = new FakePipe();
  const input = new Input(pipe);
  await input.write(bytes(0));
  assertEquals([pipe.calls, input.open], [[], true]);
});

for (const end of ["close", "abort"] as const) {
  Deno.test(`Input writes nothing after ${end}()`, async () => {
    const pipe = new FakePipe();
    const input = new Input(pipe);
    await input[end]();
    await input.write(bytes(1));
    assertEquals([pipe.calls, input.open], [[end], false]);
  });
}

Deno.test("Input writes 64 KiB at once, and one byte more in pieces, so that its progress can be seen", async () => {
  const pipe = new FakePipe();
  const input = new Input(pipe);
  await input.write(bytes(65_536));
  await input.write(bytes(65_537));
  assertEquals(pipe.calls, [
    "write 65536",
    ...new Array(4).fill("write 16384"),
    "write 1",
  ]);
  assertEquals(input.written, 131_073);
});

Deno.test("Input closes after all of the write that is under way", async () => {
  const pipe = new FakePipe();
  const input = new Input(pipe);
  void input.write(bytes(100_000));
  await input.close();
  assertEquals(pipe.calls.length, 8);
  assertEquals(pipe.calls.at(-1), "close");
  assertEquals(input.written, 100_000);
});

Deno.test("Input gives up the rest of a write when it is aborted", async () => {
  const pipe = new FakePipe();
  const input = new Input(pipe);
  const written = input.write(bytes(100_000));
  pipe.isBroken = true;
  await input.abort();
  await written;
  assertEquals(pipe.calls, ["write 16384", "abort", "write 16384"]);
});
