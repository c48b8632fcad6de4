/** The native engine where the runtime cannot be paused. In a file of its own: what the runtime can do is found out once. */
import { assertEquals } from "@std/assert";
import { NativeSocket } from "../../lib/socket/native.ts";
import { ReadLoop } from "../../lib/socket/read_loop.ts";

/** A `WebSocket` without the private members that pausing needs. */
class PlainSocket extends EventTarget {
  readonly bufferedAmount = 0;
  readonly closes: (readonly [code: number, reason: string])[] = [];
  binaryType = "";
  readyState = WebSocket.OPEN;

  receive(data: string): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  send(): void {}

  close(code: number, reason: string): void {
    this.closes.push([code, reason]);
    this.readyState = WebSocket.CLOSED;
    const event = new CloseEvent("close", { wasClean: true, code, reason });
    setTimeout(() => this.dispatchEvent(event));
  }
}

const MIB = 1 << 20;

function connect(): { plain: PlainSocket; socket: NativeSocket } {
  const plain = new PlainSocket();
  const socket = new NativeSocket(plain as unknown as WebSocket, { pingMs: 0 });
  return { plain, socket };
}

Deno.test("ReadLoop tells when the runtime cannot be paused", () => {
  const loop = new ReadLoop(new PlainSocket() as unknown as WebSocket, 0);
  assertEquals([loop.pausable, loop.paused], [false, false]);
  loop.resume();
  loop.discard();
  loop.keepAlive();
  loop.release();
});

Deno.test("NativeSocket keeps up to 16 MiB for a slow program, and closes with 1013 when more comes", async () => {
  const { plain, socket } = connect();
  const message = "x".repeat(MIB - 8);
  for (let i = 0; i < 16; i++) plain.receive(message);
  assertEquals(socket.received.messages, 16);
  assertEquals(plain.closes, []);
  plain.receive("");
  assertEquals(await socket.closed, {
    code: 1013,
    reason: "the program reads more slowly than this client sends",
    by: "server",
  });
  await socket.close(1000, "");
  assertEquals(plain.closes, [
    [1013, "the program reads more slowly than this client sends"],
  ]);
});

Deno.test("NativeSocket carries any amount to a program that keeps up", async () => {
  const { plain, socket } = connect();
  const message = "x".repeat(MIB - 8);
  for (let i = 0; i < 40; i++) {
    plain.receive(message);
    assertEquals((await socket.receive())?.count, 1);
  }
  assertEquals(plain.closes, []);
  await socket.close(1000, "");
  assertEquals(plain.closes, [[1000, ""]]);
});
