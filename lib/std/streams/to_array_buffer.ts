/**
 * Reads a stream of bytes to its end.
 *
 * @returns All of it as one buffer, as `Response.arrayBuffer` would give it.
 */
export async function toArrayBuffer(
  stream: ReadableStream<Uint8Array>,
): Promise<ArrayBuffer> {
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>)
    .arrayBuffer();
}
