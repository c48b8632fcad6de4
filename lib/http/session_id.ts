/**
 * A new session id: the time in nanoseconds, as websocketd has it, and nine
 * random digits, so that it can neither be guessed nor meet another server's.
 */
export function createSessionId(): string {
  const nanos = String(sequence++ % 1_000_000).padStart(6, "0");
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  const digits = String(random % 1_000_000_000).padStart(9, "0");
  return `${Date.now()}${nanos}${digits}`;
}

/** Keeps the ids of one millisecond apart and in order. */
let sequence = 0;
