import { binary, text } from "../frames.ts";
import { wordsOf } from "../peer.ts";
import { testCase } from "./autobahn_case.ts";

const SIZES = [0, 125, 126, 127, 128, 65535, 65536];

for (const [i, size] of SIZES.entries()) {
  const letters = new Uint8Array(size).fill(0x2a);
  testCase({
    id: `1.1.${i + 1}`,
    what: `a text of ${size} bytes`,
    send: [text(letters)],
    answer: [wordsOf("text", letters)],
  });
  const bytes = new Uint8Array(size).fill(0xfe);
  testCase({
    id: `1.2.${i + 1}`,
    what: `${size} binary bytes`,
    send: [binary(bytes)],
    answer: [wordsOf("binary", bytes)],
  });
}

// In writes of 997 bytes; as the suite has it only here, in frames of its own.
function inPieces(frame: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < frame.length; at += 997) {
    pieces.push(frame.subarray(at, at + 997));
  }
  return pieces;
}

const letters = new Uint8Array(65536).fill(0x2a);
testCase({
  id: "1.1.8",
  what: "a text of 65536 bytes in writes of 997 bytes",
  send: inPieces(text(letters)),
  answer: [wordsOf("text", letters)],
});
const bytes = new Uint8Array(65536).fill(0xfe);
testCase({
  id: "1.2.8",
  what: "65536 binary bytes in writes of 997 bytes",
  send: inPieces(binary(bytes)),
  answer: [wordsOf("binary", bytes)],
});
