/** Reads the beginning of binary data. */
export async function bytesOfData(
  data: ArrayBuffer | Blob,
  limit = Infinity,
): Promise<Uint8Array> {
  const end = Math.min(
    limit,
    data instanceof Blob ? data.size : data.byteLength,
  );
  const part = data instanceof Blob
    ? await data.slice(0, end).arrayBuffer()
    : data.slice(0, end);
  return new Uint8Array(part);
}
