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
import type { StallClock } from "../socket/stall_clock.ts";

const NOTHING = new Uint8Array(0);
/** How long a turn of the event loop may be used for what nobody waits for, in milliseconds. */
const TURN_MS = 2;
/** How much of it is done before looking at the clock: the shortest lines cost the log 8 µs each. */
const SLICE = 512;

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
  socket: Pick<Socket, "send">,
  tap?: (chunk: Uint8Array) => void,
): Promise<void> {
  let chunk: Uint8Array | null;
  while ((chunk = await output.read()) !== null) {
    tap?.(chunk);
    await socket.send(decoder.push(chunk, chunk.byteOffset));
    // A violation behind those messages is known now; the program may print no more.
    decoder.push(NOTHING);
  }
  await socket.send(decoder.end());
}

/**
 * Client to program: writes what the client sends until it sends no more.
 * Waits while the program does not read, which holds the client back.
 *
 * @param behind Measures how long the program holds the client back.
 * @returns Whether every message was of the framing's type. The first that is not ends the loop.
 */
export async function feed(
  socket: Socket,
  framing: Framing,
  input: Input,
  behind: StallClock,
): Promise<boolean> {
  let batch;
  while ((batch = await socket.receive()) !== null) {
    if (batch.type !== framing.type) return false;
    behind.begin();
    await input.write(framing.encode(batch));
    behind.end();
  }
  return true;
}

/**
 * Reads to the end and hands everything to `tap` only, and lets others have a
 * turn now and then: a program that prints without end always has more to read.
 */
export async function drain(
  output: Output,
  tap: (chunk: Uint8Array) => void,
): Promise<void> {
  let until = performance.now() + TURN_MS;
  let chunk: Uint8Array | null;
  while ((chunk = await output.read()) !== null) {
    for (let at = 0; at < chunk.byteLength; at += SLICE) {
      tap(chunk.subarray(at, at + SLICE));
      if (performance.now() < until) continue;
      // With setImmediate the runtime would look at the network every 61st time only.
      await new Promise((resolve) => setTimeout(resolve, 1));
      until = performance.now() + TURN_MS;
    }
  }
}
