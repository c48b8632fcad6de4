/**
 * Runs cases of the Autobahn test suite, rewritten from their descriptions
 * (https://github.com/crossbario/autobahn-testsuite), against an echo.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { SocketOptions } from "../../../lib/socket/socket.ts";
import { close, concat } from "../frames.ts";
import { connect, echo, type Transport } from "../peer.ts";
import { assertServed } from "./served_case.ts";

/** One case. */
export interface AutobahnCase {
  /** Its number in the suite: `1.1.1`. */
  readonly id: string;
  /** What is sent, in words. */
  readonly what: string;
  /** What is sent, frame by frame. */
  readonly send: readonly Uint8Array[];
  /**
   * What comes back. A server that fails the connection ends this with
   * `close CODE`; otherwise the client closes with 1000 then, and so must the server.
   */
  readonly answer: readonly string[];
}

/** How the bytes of a case are cut. */
interface Cut {
  readonly transport: Transport;
  /** Bytes of each write, or one write for each frame. */
  readonly size: number | "frame";
}

const CUTS: readonly Cut[] = [
  { transport: "memory", size: Infinity },
  { transport: "memory", size: "frame" },
  { transport: "memory", size: 1 },
  { transport: "tcp", size: "frame" },
];

/** Registers a case as a test: in one piece, frame by frame, byte by byte, over TCP, and against a real server. */
export function testCase(one: AutobahnCase): void {
  Deno.test(`Autobahn ${one.id}: ${one.what}`, async () => {
    for (const cut of CUTS) {
      assertEquals(
        await runCase(one, cut),
        expected(one),
        `in writes of ${cut.size} over ${cut.transport}`,
      );
    }
    await assertServed(one);
  });
}

/** Runs a case once and says all that came back. */
export async function runCase(
  { send, answer }: AutobahnCase,
  { transport, size }: Cut,
  options: SocketOptions = {},
): Promise<string[]> {
  await using connected = await connect(transport, options);
  const { peer, socket } = connected;
  const echoing = echo(socket);
  const writing = size === "frame"
    ? (async () => {
      for (const frame of send) await peer.write(frame);
    })()
    : peer.write(concat(send), size);
  const got: string[] = [];
  while (got.length < answer.length && got.at(-1) !== "end") {
    got.push(withoutReason(await peer.next()));
  }
  if (!answer.at(-1)?.startsWith("close")) {
    await writing;
    await peer.write(close(1000));
    got.push(withoutReason(await peer.next()));
  }
  if (got.at(-1) !== "end") got.push(await peer.next());
  await writing;
  peer.close();
  await echoing;
  return got;
}

/** All that must come back. */
export function expected({ answer }: AutobahnCase): string[] {
  return answer.at(-1)?.startsWith("close")
    ? [...answer, "end"]
    : [...answer, "close 1000", "end"];
}

/** The words of a reason are not the suite's business. */
function withoutReason(words: string): string {
  return words.replace(/^(close \d+).*/, "$1");
}
