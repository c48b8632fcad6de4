import { assertEquals } from "@std/assert";
import { Connection } from "./connection.ts";
import { deadline } from "./deadline.ts";

const HEAD =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const MESSAGE = [0x81, 2, 104, 105];
const PING = [0x89, 1, 7];
const CLOSE = [0x88, 2, 0x03, 0xe8];

/** Serves one connection: sends the pieces one after the other, each once the client has sent something, and gives what came last. */
async function serveOnce(
  listener: Deno.Listener,
  pieces: readonly Uint8Array[],
): Promise<Uint8Array> {
  using conn = await listener.accept();
  const buffer = new Uint8Array(4096);
  let size = await conn.read(buffer);
  for (const piece of pieces) {
    await conn.write(piece);
    size = await conn.read(buffer);
  }
  return buffer.slice(0, size ?? 0);
}

Deno.test("Connection answers a close frame that comes with the head", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answer = serveOnce(listener, [
    new Uint8Array([...new TextEncoder().encode(HEAD), ...MESSAGE, ...CLOSE]),
  ]);
  using connection = await Connection.open(
    listener.addr.port,
    new Uint8Array(4096),
  );
  assertEquals(connection.counter.messages, 1);
  // The opcode alone: the payload is masked.
  assertEquals(
    (await deadline(answer, { ms: 5000, action: "receive the answer" }))[0],
    0x88,
  );
  await connection.receiveAll();
});

Deno.test("Connection answers pings between messages", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answer = serveOnce(listener, [
    new Uint8Array([...new TextEncoder().encode(HEAD), ...PING, ...MESSAGE]),
  ]);
  using connection = await Connection.open(
    listener.addr.port,
    new Uint8Array(4096),
  );
  assertEquals(
    (await deadline(answer, { ms: 5000, action: "receive the answer" }))[0],
    0x8a,
  );
  await connection.receiveAll();
  assertEquals([connection.counter.messages, connection.counter.bytes], [1, 2]);
});
