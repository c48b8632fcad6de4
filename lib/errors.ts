/**
 * Errors that a caller may want to tell apart. Expected endings (a client that
 * left, a program that failed, a refusal) are values, never exceptions.
 *
 * @module
 */

/** An option or a flag has a value that cannot be used. The command line exits with 1. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

/** The server cannot listen where it was asked to. The command line exits with 3. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** The program cannot be started. The client sees close code 1011. */
export class SpawnError extends Error {
  override readonly name = "SpawnError";
}

/**
 * What the program printed cannot become messages: a line longer than the
 * limit, bytes that are not UTF-8 under `invalidUtf8: "close"`, a length that
 * is never filled. The client sees close code 1011.
 */
export class FramingError extends Error {
  override readonly name: string = "FramingError";
}

/** A line, record or message of the program is longer than `maxLine` bytes. The client sees close code 1011. */
export class LineTooLongError extends FramingError {
  override readonly name = "LineTooLongError";
}
