/**
 * Errors that a caller may want to tell apart. Expected endings (a client that
 * left, a program that failed, a refusal) are values, never exceptions.
 *
 * @module
 */

/**
 * An option or a flag has a value that cannot be used. The message names it and
 * says what to write instead. The command line exits with 1.
 *
 * @example
 * ```ts
 * import { handler, OptionError } from "@websocketd/websocketd";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => handler({ command: "cat", maxForks: 0.5 }), OptionError);
 * ```
 */
export class OptionError extends Error {
  /** `"OptionError"` */
  override readonly name = "OptionError";
}

/**
 * The server cannot listen where it was asked to. The message says where, why,
 * and what to do. The command line exits with 3.
 *
 * @example
 * ```ts
 * import { ListenError, serve } from "@websocketd/websocketd";
 * import { assertRejects } from "@std/assert";
 *
 * const server = await serve({ command: "cat", port: 0 });
 * const { port } = server.addresses[0];
 * await assertRejects(() => serve({ command: "cat", port }), ListenError);
 * await server.drain();
 * ```
 */
export class ListenError extends Error {
  /** `"ListenError"` */
  override readonly name = "ListenError";
}

/**
 * The program cannot be started. The client sees close code 1011; the server
 * goes on, and reports it as an event of type `error`.
 *
 * @example
 * ```ts
 * import { handler, SpawnError } from "@websocketd/websocketd";
 *
 * handler({
 *   command: "cat",
 *   onEvent(event): void {
 *     if (event.type !== "error") return;
 *     if (event.error instanceof SpawnError) console.error(event.message);
 *   },
 * });
 * ```
 */
export class SpawnError extends Error {
  /** `"SpawnError"` */
  override readonly name = "SpawnError";
}

/**
 * What the program printed cannot become messages: a line longer than the
 * limit, bytes that are not UTF-8 under `invalidUtf8: "close"`, a length that
 * is never filled. The client sees close code 1011.
 */
export class FramingError extends Error {
  /** `"FramingError"`, or the name of a kind of it. */
  override readonly name: string = "FramingError";
}

/**
 * A line, record or message of the program is longer than `maxLine` bytes. The
 * client sees close code 1011.
 *
 * @example
 * ```ts
 * import { FramingError, LineTooLongError } from "@websocketd/websocketd";
 * import { assert } from "@std/assert";
 *
 * assert(new LineTooLongError("Line of 17 MiB") instanceof FramingError);
 * ```
 */
export class LineTooLongError extends FramingError {
  /** `"LineTooLongError"` */
  override readonly name = "LineTooLongError";
}
