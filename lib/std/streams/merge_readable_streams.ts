/**
 * Joins streams as their chunks arrive, without regard to the order of the
 * streams. The result ends when all have ended. An error in one ends the
 * result with that error, and cancelling the result cancels every stream.
 */
export function mergeReadableStreams<T>(
  ...streams: ReadableStream<T>[]
): ReadableStream<T> {
  const readers = streams.map((stream) => stream.getReader());
  let room = Promise.withResolvers<void>();
  let over = false;

  /** Passes on one stream; it reads one chunk ahead and then waits for room. */
  async function pass(
    reader: ReadableStreamDefaultReader<T>,
    controller: ReadableStreamDefaultController<T>,
  ): Promise<void> {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      while (!over && controller.desiredSize! <= 0) await room.promise;
      if (over) return;
      controller.enqueue(value);
    }
  }

  async function cancelAll(reason: unknown): Promise<void> {
    over = true;
    room.resolve();
    await Promise.all(readers.map((reader) => reader.cancel(reason)));
  }

  return new ReadableStream<T>({
    start(controller): void {
      // Not returned: the stream would not count as started before all have ended.
      Promise.all(readers.map((reader) => pass(reader, controller))).then(
        () => over || controller.close(),
        (error) => {
          controller.error(error);
          // The error that counts has been told; the rest only have to stop.
          cancelAll(error).catch(() => {});
        },
      );
    },
    pull(): void {
      room.resolve();
      room = Promise.withResolvers();
    },
    async cancel(reason): Promise<void> {
      await cancelAll(reason);
    },
  });
}
