/** The clients of a shared program that prints numbered lines: each looks whether it gets every line in order, and some of them how old the lines are. */

import { pongFrame, textFrame } from "./frames.ts";

const OPENING_AT_ONCE = 16;
/** Of so many clients one looks at the clock: reading a time from each line would measure the reading. */
const CLOCKED = 16;
const PING = 0x89;
const SPACE = 32;
const BUFFER = 1 << 16;

const decoder = new TextDecoder("latin1");

/** What has arrived at all clients. */
export interface FanReport {
  /** Lines, of all clients together. */
  lines: number;
  /** Lines that were not the next. */
  wrong: number;
  /** Clients whose connection has ended. */
  ended: number;
  /** Ages of lines when they were read, in milliseconds. */
  ages: number[];
}

/** Opens all connections, has the program begin, and reads them as fast as it can from then on. */
export async function openFan(
  port: number,
  clients: number,
): Promise<FanReport> {
  const report: FanReport = { lines: 0, wrong: 0, ended: 0, ages: [] };
  let first: Deno.Conn | undefined;
  for (let opened = 0; opened < clients; opened += OPENING_AT_ONCE) {
    const group = Math.min(OPENING_AT_ONCE, clients - opened);
    const conns = await Promise.all(
      Array.from(
        { length: group },
        (_, i) => openOne(port, report, (opened + i) % CLOCKED === 0),
      ),
    );
    first ??= conns[0];
  }
  await first!.write(textFrame(new TextEncoder().encode("go")));
  return report;
}

async function openOne(
  port: number,
  report: FanReport,
  isClocked: boolean,
): Promise<Deno.Conn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(
    new TextEncoder().encode(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
  );
  const buffer = new Uint8Array(BUFFER);
  let end = 0, body = -1;
  while (body < 0) {
    const size = await conn.read(buffer.subarray(end));
    if (size === null) throw new Error("Cannot upgrade: the server closed");
    end += size;
    body = decoder.decode(buffer.subarray(0, end)).indexOf("\r\n\r\n");
  }
  buffer.copyWithin(0, body + 4, end);
  void readAll(conn, buffer, end - body - 4, report, isClocked)
    .catch(() => report.ended++);
  return conn;
}

async function readAll(
  conn: Deno.Conn,
  buffer: Uint8Array,
  kept: number,
  report: FanReport,
  isClocked: boolean,
): Promise<void> {
  let next = -1;
  for (;;) {
    const size = await conn.read(buffer.subarray(kept));
    if (size === null) throw new Error("ended");
    const end = kept + size;
    let at = 0, newest = -1, newestEnd = 0, lines = 0;
    // No line here is longer than 125 bytes, so that every header has two.
    while (at + 2 <= end && at + 2 + buffer[at + 1] <= end) {
      const start = at + 2;
      const isLine = buffer[at] === 0x81;
      at = start + buffer[start - 1];
      if (buffer[start - 2] === PING) {
        await conn.write(pongFrame(buffer.slice(start, at)));
      }
      if (!isLine) continue;
      let number = 0, digit = start;
      while (buffer[digit] !== SPACE) {
        number = number * 10 + buffer[digit++] - 48;
      }
      if (next >= 0 && number !== next) report.wrong++;
      next = number + 1;
      lines++;
      newest = digit + 1;
      newestEnd = at;
    }
    report.lines += lines;
    if (isClocked && newest > 0) {
      const printedAt = Number(
        decoder.decode(buffer.subarray(newest, newestEnd)),
      );
      report.ages.push(Date.now() - printedAt);
    }
    kept = end - at;
    buffer.copyWithin(0, at, end);
  }
}
