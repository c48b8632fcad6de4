/** Arrays of up to so many bytes are not worth a call to give them back. */
const SMALL = 1 << 12;

/** Gives the memory of an array back at once: the garbage collector is in no hurry with what is not on its heap. Nobody may look at it any more. */
export function freeMemory({ buffer }: Uint8Array): void {
  if (buffer.byteLength > SMALL) (buffer as ArrayBuffer).transfer(0);
}
