/**
 * Joins streams end to end: all of the first, then all of the second, and so
 * on. Cancelling the result cancels every stream; an error in one ends the
 * result with that error.
 */
export function concatReadableStreams<T>(
  ...streams: ReadableStream<T>[]
): ReadableStream<T> {
  const readers = streams.map((stream) => stream.getReader());
  let current = 0;
  return new ReadableStream<T>({
    async pull(controller): Promise<void> {
      for (; current < readers.length; current++) {
        const { done, value } = await readers[current].read();
        if (done) continue;
        controller.enqueue(value);
        return;
      }
      controller.close();
    },
    async cancel(reason): Promise<void> {
      await Promise.all(readers.map((reader) => reader.cancel(reason)));
    },
  });
}
