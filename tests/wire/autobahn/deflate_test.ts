/**
 * Groups 12 and 13: compressed messages of several kinds and sizes, and what
 * can be agreed on. The suite sends a thousand of each size; here it is a
 * thousand, or as many as make 256 KiB.
 */
import { assert, assertEquals } from "@std/assert";
import { acceptDeflate } from "../../../lib/socket/wire/deflate_offer.ts";
import { ZlibStream } from "../../../lib/socket/wire/zlib_stream.ts";
import { close, fragments, utf8 } from "../frames.ts";
import { connectServed } from "./served.ts";

/** Bytes of a message, and of its fragments; 0 is one frame. */
const SIZES: readonly (readonly [size: number, fragment: number])[] = [
  [16, 0],
  [64, 0],
  [256, 0],
  [1024, 0],
  [4096, 0],
  [8192, 0],
  [16384, 0],
  [32768, 0],
  [65536, 0],
  [131072, 0],
  [8192, 256],
  [16384, 256],
  [32768, 256],
  [65536, 256],
  [131072, 256],
  [131072, 1024],
  [131072, 4096],
  [131072, 32768],
];

const LENGTH = 200_000;

/** Pseudo-random numbers, the same each time. */
function* numbers(): Generator<number, never> {
  let state = 12345;
  for (;;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    yield state >>> 8;
  }
}

function bytesOf(
  make: (random: () => number, i: number) => string,
): Uint8Array {
  const random = numbers();
  let all = "";
  for (let i = 0; all.length < LENGTH; i++) {
    all += make(() => random.next().value, i);
  }
  return utf8(all).subarray(0, LENGTH);
}

const WORDS =
  "Habe nun ach Philosophie Juristerei und Medizin durchaus studiert mit heißem Bemühn"
    .split(" ");

/** What the suite's files are like. */
const DATA: readonly { what: string; opcode: 1 | 2; bytes: Uint8Array }[] = [
  {
    what: "prose",
    opcode: 2,
    bytes: bytesOf((random) => WORDS[random() % WORDS.length] + " "),
  },
  {
    what: "a picture",
    opcode: 2,
    bytes: Uint8Array.from(
      { length: LENGTH },
      (_, i) => 128 + 100 * Math.sin(i % 512 / 80) + (i * 7919 >> 5) % 7,
    ),
  },
  {
    what: "noise",
    opcode: 2,
    bytes: (() => {
      const random = numbers();
      return Uint8Array.from({ length: LENGTH }, () => random.next().value);
    })(),
  },
  {
    what: "JSON",
    opcode: 1,
    bytes: bytesOf((random, i) =>
      JSON.stringify({
        id: i,
        name: WORDS[random() % 5],
        value: random() % 1000,
      })
        .replace(/[^ -~]/g, "?")
    ),
  },
  {
    what: "HTML",
    opcode: 1,
    bytes: bytesOf((random, i) =>
      `<li class="item-${random() % 9}"><a href="/page/${i}">${i}</a></li>\n`
    ),
  },
];

/** Sends messages and compares what comes back, all through one connection. */
async function exchange(
  offer: string,
  { opcode, bytes }: typeof DATA[number],
  [size, fragment]: readonly [size: number, fragment: number],
): Promise<void> {
  const { settings, header } = acceptDeflate(offer)!;
  await using served = await connectServed(
    { framing: opcode === 1 ? "nul" : "length32" },
    offer,
  );
  const { peer, extensions } = served;
  assertEquals(extensions, header);
  const deflate = new ZlibStream("compress", settings.client.windowBits);
  const inflate = new ZlibStream("decompress", settings.server.windowBits);
  const count = Math.min(1000, Math.ceil((1 << 18) / size));
  const output = new Uint8Array(2 * size + 100);
  for (let i = 0, from = 0; i < count; i++) {
    if (from + size > bytes.length) from = 0;
    const message = bytes.subarray(from, from += size);
    const { made } = deflate.run(message, 0, size, output, 0);
    const frames = fragments(
      opcode,
      output.subarray(0, made - 4),
      fragment || Infinity,
    );
    frames[0][0] |= 0x40;
    for (const frame of frames) await peer.write(frame);
    if (!settings.client.takeover) deflate.reset();
    const answer = (await peer.nextFrame())!;
    assertEquals(answer.first & 0xbf, 0x80 | opcode);
    if ((answer.first & 0x40) === 0) {
      assertEquals(answer.payload, message);
      continue;
    }
    const body = new Uint8Array([...answer.payload, 0, 0, 255, 255]);
    const result = inflate.run(body, 0, body.length, output, 0);
    assert(inflate.error === null && result.made === size);
    assert(message.every((byte, k) => byte === output[k]));
    if (!settings.server.takeover) inflate.reset();
  }
  deflate.close();
  inflate.close();
  await peer.write(close(1000));
  assertEquals(await peer.rest(), ["close 1000", "end"]);
}

function describe([size, fragment]: readonly [number, number]): string {
  return `${size} bytes${fragment === 0 ? "" : ` in fragments of ${fragment}`}`;
}

for (const [i, data] of DATA.entries()) {
  for (const [j, sizes] of SIZES.entries()) {
    Deno.test(`Autobahn 12.${i + 1}.${j + 1}: ${data.what} in messages of ${describe(sizes)}`, async () => {
      await exchange("permessage-deflate", data, sizes);
    });
  }
}

/** What the suite's client offers; this server accepts what it is offered. */
const OFFERS = [
  "permessage-deflate; client_max_window_bits",
  "permessage-deflate; client_max_window_bits; server_no_context_takeover",
  "permessage-deflate; client_max_window_bits; server_max_window_bits=8",
  "permessage-deflate; client_max_window_bits; server_max_window_bits=15",
  "permessage-deflate; client_max_window_bits; server_no_context_takeover; server_max_window_bits=8",
  "permessage-deflate; client_max_window_bits; server_no_context_takeover; server_max_window_bits=15",
  "permessage-deflate; client_no_context_takeover; client_max_window_bits=9; server_no_context_takeover; server_max_window_bits=8, permessage-deflate",
];

for (const [i, offer] of OFFERS.entries()) {
  for (const [j, sizes] of SIZES.entries()) {
    Deno.test(`Autobahn 13.${i + 1}.${j + 1}: JSON in messages of ${describe(sizes)}, agreed on "${offer}"`, async () => {
      await exchange(offer, DATA[3], sizes);
    });
  }
}
