/**
 * Reads a stream of texts or of UTF-8 bytes to its end.
 *
 * @returns All of it as one text, as `Response.text` would give it.
 */
export async function toText(stream: ReadableStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += typeof chunk === "string"
      ? chunk
      : decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
