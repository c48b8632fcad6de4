import type { Input } from "../../process/input.ts";

/**
 * Writes the body of a request to a script's stdin, then ends that. A script
 * that does not read holds the client back.
 *
 * @param onBroken Called if the body ends too early: the client has gone.
 * @returns What stops it.
 */
export function feedBody(
  body: ReadableStream<Uint8Array> | null,
  stdin: Input,
  onBroken: () => void,
): () => void {
  const reader = body?.getReader();
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    // Rejects when the connection has ended, which is no news.
    reader?.cancel().catch(() => {});
  };
  void feed();
  return stop;

  async function feed(): Promise<void> {
    try {
      for (;;) {
        const chunk = await reader?.read();
        if (chunk === undefined || chunk.done) break;
        await stdin.write(chunk.value);
        if (!stdin.open) return stop();
      }
    } catch {
      if (!isStopped) onBroken();
      return;
    }
    await stdin.close();
  }
}
