import { assertEquals, assertRejects } from "@std/assert";
import {
  concatReadableStreams,
  mergeReadableStreams,
  TextLineStream,
  toArrayBuffer,
  toBlob,
  toJson,
  toText,
} from "@std/streams";

function bytes(...chunks: number[][]): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunks.map((chunk) => Uint8Array.from(chunk)));
}

/** A stream that gives `chunks`, then never ends, and says whether it was cancelled. */
function endless<T>(
  ...chunks: T[]
): { stream: ReadableStream<T>; cancelled: () => unknown } {
  let reason: unknown = "not cancelled";
  const stream = new ReadableStream<T>({
    start(controller): void {
      for (const chunk of chunks) controller.enqueue(chunk);
    },
    cancel(why): void {
      reason = why;
    },
  });
  return { stream, cancelled: () => reason };
}

async function lines(
  chunks: string[],
  options?: { allowCR?: boolean },
): Promise<string[]> {
  return await Array.fromAsync(
    ReadableStream.from(chunks).pipeThrough(new TextLineStream(options)),
  );
}

Deno.test("toText joins texts", async () => {
  assertEquals(
    await toText(ReadableStream.from(["Hello, ", "world!"])),
    "Hello, world!",
  );
});

Deno.test("toText joins a character cut in two", async () => {
  assertEquals(await toText(bytes([0xe2, 0x82], [0xac, 0x21])), "€!");
});

Deno.test("toArrayBuffer joins bytes", async () => {
  assertEquals(
    new Uint8Array(await toArrayBuffer(bytes([1, 2], [], [3]))),
    Uint8Array.of(1, 2, 3),
  );
});

Deno.test("toBlob joins bytes", async () => {
  const blob = await toBlob(bytes([1, 2], [3]));
  assertEquals(await blob.bytes(), Uint8Array.of(1, 2, 3));
});

Deno.test("toJson parses what was joined", async () => {
  assertEquals(await toJson(ReadableStream.from(['{"a":', "[1]}"])), {
    a: [1],
  });
  await assertRejects(() => toJson(ReadableStream.from(["{"])), SyntaxError);
});

Deno.test("TextLineStream splits at line ends wherever chunks are cut", async () => {
  const text = "one\ntwo\r\n\n\r\nfive\rstill five";
  const expected = ["one", "two", "", "", "five\rstill five"];
  for (let at = 0; at <= text.length; at++) {
    assertEquals(
      await lines([text.slice(0, at), text.slice(at)]),
      expected,
      `cut at ${at}`,
    );
  }
  assertEquals(await lines([...text]), expected);
});

Deno.test("TextLineStream allowCR ends lines at a lone carriage return too", async () => {
  const text = "one\rtwo\r\nthree\n\rfive\r";
  const expected = ["one", "two", "three", "", "five"];
  for (let at = 0; at <= text.length; at++) {
    assertEquals(
      await lines([text.slice(0, at), text.slice(at)], { allowCR: true }),
      expected,
      `cut at ${at}`,
    );
  }
});

Deno.test("TextLineStream gives the last line without a line end, unless it is empty", async () => {
  assertEquals(await lines(["a\nb"]), ["a", "b"]);
  assertEquals(await lines(["a\nb\n"]), ["a", "b"]);
  assertEquals(await lines([""]), []);
  assertEquals(await lines([]), []);
});

Deno.test("concatReadableStreams keeps the order of the streams", async () => {
  const joined = concatReadableStreams(
    ReadableStream.from([1, 2]),
    ReadableStream.from<number>([]),
    ReadableStream.from([3]),
  );
  assertEquals(await Array.fromAsync(joined), [1, 2, 3]);
  assertEquals(await Array.fromAsync(concatReadableStreams()), []);
});

Deno.test("concatReadableStreams cancels every stream", async () => {
  const first = endless(1);
  const second = endless(2);
  await concatReadableStreams(first.stream, second.stream).cancel("enough");
  assertEquals([first.cancelled(), second.cancelled()], ["enough", "enough"]);
});

Deno.test("mergeReadableStreams gives all chunks, each stream in its order", async () => {
  const merged = await Array.fromAsync(mergeReadableStreams(
    ReadableStream.from(["a1", "a2", "a3"]),
    ReadableStream.from(["b1", "b2"]),
  ));
  assertEquals(merged.filter((chunk) => chunk.startsWith("a")), [
    "a1",
    "a2",
    "a3",
  ]);
  assertEquals(merged.filter((chunk) => chunk.startsWith("b")), ["b1", "b2"]);
  assertEquals(merged.length, 5);
  assertEquals(await Array.fromAsync(mergeReadableStreams()), []);
});

Deno.test("mergeReadableStreams does not wait for a silent stream", async () => {
  const silent = endless<number>();
  const reader = mergeReadableStreams(
    silent.stream,
    ReadableStream.from([1, 2, 3]),
  ).getReader();
  for (const value of [1, 2, 3]) {
    assertEquals(await reader.read(), { done: false, value });
  }
  await reader.cancel();
});

Deno.test("mergeReadableStreams reads no further than it is read", async () => {
  let given = 0;
  const fast = new ReadableStream<number>({
    pull(controller): void {
      controller.enqueue(++given);
    },
  }, { highWaterMark: 0 });
  const reader = mergeReadableStreams(fast).getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(given < 10, true);
  await reader.cancel();
});

Deno.test("mergeReadableStreams ends with the error of a stream", async () => {
  const broken = new ReadableStream<number>({
    start(controller): void {
      controller.error(new RangeError("broken"));
    },
  });
  await assertRejects(
    () =>
      Array.fromAsync(mergeReadableStreams(broken, endless<number>().stream)),
    RangeError,
    "broken",
  );
});
