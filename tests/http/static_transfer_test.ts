import { assert, assertEquals } from "@std/assert";
import { eventually, pause } from "../helpers/deadline.ts";
import { RawClient } from "../helpers/raw_client.ts";
import { StaticSite } from "./static_site.ts";

const MIB = 1 << 20;
/** More than the buffers of two sockets and of the runtime can take. */
const BUFFERS = 64 * MIB;
/** Where `/proc` tells how far a file was read. */
const LINUX = { ignore: Deno.build.os !== "linux" };

/** The bytes of a body until it ends, and whether it ended where it should. */
async function drain(
  response: Response,
): Promise<{ received: number; isWhole: boolean }> {
  let received = 0;
  try {
    for await (const chunk of response.body!) received += chunk.byteLength;
    return { received, isWhole: true };
  } catch (error) {
    if (error instanceof TypeError) return { received, isWhole: false };
    throw error;
  }
}

/** How far a file has been read when nothing more of it is. */
async function restsAt(site: StaticSite, path: string): Promise<number> {
  return await eventually(async () => {
    const [before] = await site.positions(path);
    await pause(300);
    const [after] = await site.positions(path);
    return before !== undefined && before > 0 && before === after && after;
  }, `${path} to be read no further`);
}

async function isClosed(site: StaticSite, path: string): Promise<void> {
  await eventually(
    async () => (await site.positions(path)).length === 0,
    `${path} to be closed`,
  );
}

Deno.test(
  "a big file is read as fast as the client reads, and costs no memory",
  LINUX,
  async () => {
    await using site = new StaticSite();
    const size = 700 * MIB;
    site.writeSparse("big.bin", size);
    const before = Deno.memoryUsage().rss;
    const response = await site.fetch("/big.bin");
    const reader = response.body!.getReader({ mode: "byob" });
    const rested = await restsAt(site, "big.bin");
    assert(rested < BUFFERS, `${rested} bytes were read for nobody`);
    let received = 0;
    let most = 0;
    let buffer = new ArrayBuffer(MIB);
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(buffer));
      if (done) break;
      received += value.byteLength;
      buffer = value.buffer as ArrayBuffer;
      most = Math.max(most, Deno.memoryUsage().rss - before);
    }
    assertEquals(received, size);
    assert(most < 200 * MIB, `${most} bytes of memory for ${size} of a file`);
    await isClosed(site, "big.bin");
  },
);

Deno.test(
  "the last byte of a file of many gigabytes can be had alone",
  LINUX,
  async () => {
    await using site = new StaticSite();
    const size = 5 * 1024 * MIB;
    site.writeSparse("huge.bin", size);
    const { headers } = await site.fetch("/huge.bin", {}, "HEAD");
    assertEquals(headers.get("content-length"), String(size));
    const response = await site.fetch("/huge.bin", { range: "bytes=-1" });
    assertEquals(await response.bytes(), new Uint8Array(1));
    assertEquals(
      response.headers.get("content-range"),
      `bytes ${size - 1}-${size - 1}/${size}`,
    );
  },
);

Deno.test("a file is closed when the client goes away", LINUX, async () => {
  await using site = new StaticSite();
  site.writeSparse("big.bin", 200 * MIB);
  for (const range of ["none", "bytes=1-", "bytes=0-9,9999-"]) {
    const { body } = await site.fetch("/big.bin", { range });
    await restsAt(site, "big.bin");
    await body!.cancel();
    await isClosed(site, "big.bin");
  }
});

Deno.test(
  "a file is closed when the client goes away before it is answered",
  LINUX,
  async () => {
    await using site = new StaticSite();
    site.writeSparse("big.bin", 200 * MIB);
    for (let i = 0; i < 50; i++) {
      const client = await RawClient.connect(site.port);
      await client.write("GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n");
      client[Symbol.dispose]();
    }
    await isClosed(site, "big.bin");
    const response = await site.fetch("/big.bin", { range: "bytes=0-0" });
    assertEquals((await response.bytes()).length, 1);
  },
);

Deno.test("a file is closed when nothing of it is sent", LINUX, async () => {
  await using site = new StaticSite({ files: { "a.txt": "text" } });
  const answers: [string, Record<string, string>, number][] = [
    ["HEAD", {}, 200],
    ["GET", { "if-none-match": "*" }, 304],
    ["GET", { "if-match": '"other"' }, 412],
    ["GET", { range: "bytes=9-" }, 416],
    ["POST", {}, 405],
  ];
  for (const [method, headers, status] of answers) {
    const response = await site.fetch("/a.txt", headers, method);
    await response.text();
    assertEquals(response.status, status);
    assertEquals(await site.positions("a.txt"), []);
  }
});

Deno.test(
  "a file that grows while it is sent is sent as long as was announced",
  LINUX,
  async () => {
    await using site = new StaticSite();
    const size = 100 * MIB;
    site.writeSparse("log.txt", size);
    const response = await site.fetch("/log.txt");
    await restsAt(site, "log.txt");
    site.writeSparse("log.txt", 2 * size);
    assertEquals(await drain(response), { received: size, isWhole: true });
    const next = await site.fetch("/log.txt", { range: "bytes=0-1" });
    assertEquals((await next.bytes()).length, 2);
    assertEquals(next.headers.get("content-range"), `bytes 0-1/${2 * size}`);
  },
);

Deno.test(
  "a file that shrinks while it is sent ends the connection, so that the client knows, and only that one",
  LINUX,
  async () => {
    await using site = new StaticSite();
    const size = 100 * MIB;
    site.writeSparse("log.txt", size);
    for (const range of ["none", "bytes=0-9,1000-"]) {
      const response = await site.fetch("/log.txt", { range });
      await restsAt(site, "log.txt");
      await Deno.truncate(site.file("log.txt"), 10);
      assertEquals((await drain(response)).isWhole, false);
      await isClosed(site, "log.txt");
      assertEquals(await site.text("/log.txt"), "\0".repeat(10));
      site.writeSparse("log.txt", size);
    }
  },
);

Deno.test(
  "a file that is replaced while it is sent is sent to its end",
  LINUX,
  async () => {
    await using site = new StaticSite();
    const size = 100 * MIB;
    site.writeSparse("a.bin", size);
    const response = await site.fetch("/a.bin");
    await restsAt(site, "a.bin");
    site.write("new", "new");
    await Deno.rename(site.file("new"), site.file("a.bin"));
    assertEquals(await site.text("/a.bin"), "new");
    assertEquals(await drain(response), { received: size, isWhole: true });
  },
);

Deno.test("many ranges that overlap are answered with no more than the file", async () => {
  await using site = new StaticSite();
  site.writeSparse("a.bin", 2 * MIB);
  const ranges = Array.from({ length: 64 }, (_, i) => `${i}-`).join();
  const response = await site.fetch("/a.bin", { range: `bytes=${ranges}` });
  assertEquals(response.status, 206);
  assertEquals((await response.bytes()).length, 2 * MIB);
});
