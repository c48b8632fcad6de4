/**
 * Reads a stream of bytes to its end.
 *
 * @returns All of it as one blob, as `Response.blob` would give it.
 */
export async function toBlob(
  stream: ReadableStream<Uint8Array>,
): Promise<Blob> {
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>)
    .blob();
}
