import { toText } from "./to_text.ts";

/**
 * Reads a stream of texts or of UTF-8 bytes to its end and parses it as JSON.
 *
 * @throws {SyntaxError} If it is not JSON. As a rejection.
 */
export async function toJson(stream: ReadableStream): Promise<unknown> {
  return JSON.parse(await toText(stream));
}
