/**
 * Groups 9 and 10: large messages, many fragments, many messages. Over TCP,
 * with the limits of the suite's own server.
 */
import { assertEquals } from "@std/assert";
import { binary, fragments, text } from "../frames.ts";
import { wordsOf } from "../peer.ts";
import { type AutobahnCase, expected, runCase } from "./autobahn_case.ts";
import { assertServed } from "./served_case.ts";

const KIB = 1 << 10, MIB = 1 << 20;
const OPTIONS = { maxFrameSize: 16 * MIB };
const TYPES = [
  { name: "text", opcode: 1, frame: text, letter: 0x2a },
  { name: "binary", opcode: 2, frame: binary, letter: 0xfe },
] as const;

/** Runs a case over TCP only. */
function testOverTcp(
  one: AutobahnCase,
  size: number | "frame" = Infinity,
): void {
  Deno.test(`Autobahn ${one.id}: ${one.what}`, async () => {
    const got = await runCase(one, { transport: "tcp", size }, OPTIONS);
    assertEquals(got, expected(one));
    await assertServed(one, size);
  });
}

for (const [i, { name, opcode, frame, letter }] of TYPES.entries()) {
  const payload = (size: number) => new Uint8Array(size).fill(letter);

  const sizes = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB];
  for (const [j, size] of sizes.entries()) {
    testOverTcp({
      id: `9.${1 + i}.${j + 1}`,
      what: `a ${name} message of ${size / KIB} KiB`,
      get send() {
        return [frame(payload(size))];
      },
      get answer() {
        return [wordsOf(name, payload(size))];
      },
    });
  }

  const fragmentSizes = [
    64,
    256,
    KIB,
    4 * KIB,
    16 * KIB,
    64 * KIB,
    256 * KIB,
    MIB,
    4 * MIB,
  ];
  for (const [j, size] of fragmentSizes.entries()) {
    testOverTcp({
      id: `9.${3 + i}.${j + 1}`,
      what: `a ${name} message of 4 MiB in fragments of ${size} bytes`,
      get send() {
        return fragments(opcode, payload(4 * MIB), size);
      },
      get answer() {
        return [wordsOf(name, payload(4 * MIB))];
      },
    });
  }

  for (const [j, size] of [64, 128, 256, 512, 1024, 2048].entries()) {
    testOverTcp({
      id: `9.${5 + i}.${j + 1}`,
      what: `a ${name} message of 1 MiB in writes of ${size} bytes`,
      get send() {
        return [frame(payload(MIB))];
      },
      get answer() {
        return [wordsOf(name, payload(MIB))];
      },
    }, size);
  }

  for (const [j, size] of [0, 16, 64, 256, 1024, 4096].entries()) {
    testOverTcp({
      id: `9.${7 + i}.${j + 1}`,
      what: `1000 ${name} messages of ${size} bytes`,
      get send() {
        return Array.from({ length: 1000 }, () => frame(payload(size)));
      },
      get answer() {
        return Array.from({ length: 1000 }, () => wordsOf(name, payload(size)));
      },
    }, "frame");
  }
}

testOverTcp({
  id: "10.1.1",
  what: "a text of 65536 bytes in fragments of 1300",
  send: fragments(1, new Uint8Array(65536).fill(0x2a), 1300),
  answer: [wordsOf("text", new Uint8Array(65536).fill(0x2a))],
});
