/** Compression where the runtime's zlib lacks what it stands on. In a file of its own: what the runtime can do is found out once. */
import process from "node:process";
import { assertEquals, assertMatch } from "@std/assert";
import { WireUpgrading } from "../../lib/server/wire_upgrading.ts";
import { memoryDuplex } from "./memory_duplex.ts";

Deno.test("a client that offers compression is answered without, if this runtime's zlib has no way to work at once", async () => {
  const { getBuiltinModule } = process;
  // As a later runtime may have it: without the private members.
  const zlib = { createDeflateRaw: () => ({ close(): void {} }) };
  process.getBuiltinModule = (name: string) =>
    name === "node:zlib" ? zlib as never : getBuiltinModule(name);
  try {
    const [near, far] = memoryDuplex();
    const headers = new Headers({
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-extensions": "permessage-deflate",
    });
    const upgrading = new WireUpgrading(
      far,
      { method: "GET", url: "http://localhost/", headers },
      new Uint8Array(0),
      { hostname: "127.0.0.1", port: 1, isSecure: false, certificate: null },
    );
    const answer = { protocol: null, headers: [] };
    const { opened, socket } = upgrading.accept(answer, {
      compress: true,
      pingMs: 0,
    });
    assertEquals(await opened, true);
    const bytes = new Uint8Array(1024);
    const count = await near.read(bytes);
    const head = new TextDecoder().decode(bytes.subarray(0, count!));
    assertMatch(head, /^HTTP\/1\.1 101 /);
    assertEquals(/^sec-websocket-extensions/im.test(head), false);
    socket.abort();
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
});
