/**
 * The fastest server there can be for the client: no program behind it, frames made before anybody connects, written in large pieces. What the client
 * measures here is the client itself. It takes websocketd's command line and knows the programs of the cases by name.
 */

import { concatBytes, serverFrame } from "./frames.ts";

// The answer to the client's fixed key, see `connection.ts`.
const UPGRADED =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
// 1 MiB for a write: larger ones gained nothing.
const PIECE = 1 << 20;
// Half of what a pipe of Linux holds, and divides the streams of the cases.
const BLOCK = 1 << 15;

const encoder = new TextEncoder();

type Serve = (conn: Deno.TcpConn, buffer: Uint8Array) => Promise<void>;

function serve(program: readonly string[]): Serve {
  const [name, ...args] = program;
  if (name === "echo") {
    return repeat(serverFrame(encoder.encode(args.join(" "))), 1);
  }
  if (name === "seq") {
    return repeat(
      frames(Array.from({ length: Number(args[0]) }, (_, i) => String(i + 1))),
      1,
    );
  }
  if (name === "cat" && args.length > 0) {
    return repeat(
      frames(Deno.readTextFileSync(args[0]).trimEnd().split("\n")),
      1,
    );
  }
  if (name === "cat") return echo;
  if (name === "head") {
    return repeat(
      concatBytes(
        Array.from(
          { length: PIECE / BLOCK },
          () => serverFrame(new Uint8Array(BLOCK)),
        ),
      ),
      Number(args[1]) / PIECE,
    );
  }
  throw new Error(`Cannot stand in for "${name}": unknown program`);
}

function frames(lines: readonly string[]): Uint8Array {
  return concatBytes(lines.map((line) => serverFrame(encoder.encode(line))));
}

function repeat(bytes: Uint8Array, times: number): Serve {
  return async (conn) => {
    for (let i = 0; i < times; i++) {
      for (let at = 0; at < bytes.length;) {
        at += await conn.write(bytes.subarray(at, at + PIECE));
      }
    }
  };
}

/** Answers as many frames as have arrived whole, by their size alone: all messages of a connection are as long as its first. */
const echo: Serve = async (conn, buffer) => {
  let answer: Uint8Array | undefined;
  let frameSize = 0;
  let pending = 0;
  for (
    let size = await conn.read(buffer);
    size !== null;
    size = await conn.read(buffer)
  ) {
    if (answer === undefined) {
      const payloadSize = buffer[1] & 0x7f;
      frameSize = 6 + payloadSize;
      answer = frames(
        Array.from(
          { length: PIECE / frameSize },
          () => "x".repeat(payloadSize),
        ),
      );
    }
    pending += size;
    const count = Math.floor(pending / frameSize);
    pending -= count * frameSize;
    const bytes = answer.subarray(0, count * (frameSize - 4));
    for (let at = 0; at < bytes.length;) {
      at += await conn.write(bytes.subarray(at));
    }
  }
};

async function handle(conn: Deno.TcpConn, answer: Serve): Promise<void> {
  using _ = conn;
  conn.setNoDelay(true);
  // A head comes in one piece from the client of this folder; a probe closes without one.
  const buffer = new Uint8Array(answer === echo ? PIECE : 4096);
  if (await conn.read(buffer) === null) return;
  await conn.write(encoder.encode(UPGRADED));
  await answer(conn, buffer);
}

if (import.meta.main) {
  const portFlag = Deno.args.find((word) => word.startsWith("--port="))!;
  const answer = serve(
    Deno.args.slice(Deno.args.findIndex((word) => !word.startsWith("--"))),
  );
  using listener = Deno.listen({
    hostname: "127.0.0.1",
    port: Number(portFlag.replace("--port=", "")),
  });
  // A client that goes away ends its own connection only.
  for await (const conn of listener) void handle(conn, answer).catch(() => {});
}
