/**
 * The path of a message, both ways. Everything that can be decided before a
 * message comes has been decided elsewhere.
 *
 * @module
 */
import type { Decoder, Framing } from "../framing/framing.ts";
import type { Input } from "../process/input.ts";
import type { Output } from "../process/output.ts";
import type { Socket } from "../socket/socket.ts";

/**
 * Program to client: sends what the program prints until it prints no more.
 * Waits while the client is behind, which holds the program back.
 *
 * @param tap Sees each chunk before it is sent, and what comes of the end.
 * @throws {FramingError} If the output cannot become messages.
 */
export async function forward(
  output: Output,
  decoder: Decoder,
  socket: Socket,
  tap?: (chunk: Uint8Array) => void,
): Promise<void> {
  let chunk: Uint8Array | null;
  while ((chunk = await output.read()) !== null) {
    tap?.(chunk);
    await socket.send(decoder.push(chunk));
  }
  await socket.send(decoder.end());
}

/**
 * Client to program: writes what the client sends until it sends no more.
 * Waits while the program does not read, which holds the client back.
 *
 * @returns Whether every message was of the framing's type. The first that is not ends the loop.
 */
export async function feed(
  socket: Socket,
  framing: Framing,
  input: Input,
): Promise<boolean> {
  let batch;
  while ((batch = await socket.receive()) !== null) {
    if (batch.type !== framing.type) return false;
    await input.write(framing.encode(batch));
  }
  return true;
}

/** Reads to the end and hands each chunk to `tap` only. */
export async function drain(
  output: Output,
  tap: (chunk: Uint8Array) => void,
): Promise<void> {
  let chunk: Uint8Array | null;
  while ((chunk = await output.read()) !== null) tap(chunk);
}
