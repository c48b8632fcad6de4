/** The value of `promise`, or an error that says what did not happen in time. The promise itself goes on: its process is ended by its owner. */
export async function deadline<T>(
  promise: Promise<T>,
  { ms, action }: { readonly ms: number; readonly action: string },
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Cannot ${action}: not within ${ms} ms`)),
      ms,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
