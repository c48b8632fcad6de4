import { concat, hex, ping, pong } from "../frames.ts";
import { wordsOf } from "../peer.ts";
import { testCase } from "./autobahn_case.ts";

const TEN = Array.from({ length: 10 }, (_, i) => `payload-${i}`);
const notText = hex("00 ff fe fd fc fb 00 ff");

testCase({
  id: "2.1",
  what: "a ping without payload",
  send: [ping()],
  answer: ["pong"],
});
testCase({
  id: "2.2",
  what: "a ping with a small text",
  send: [ping("Hello, world!")],
  answer: ["pong Hello, world!"],
});
testCase({
  id: "2.3",
  what: "a ping with bytes that are not UTF-8",
  send: [ping(notText)],
  answer: [wordsOf("pong", notText)],
});
testCase({
  id: "2.4",
  what: "a ping of 125 bytes",
  send: [ping("*".repeat(125))],
  answer: [`pong ${"*".repeat(125)}`],
});
testCase({
  id: "2.5",
  what: "a ping of 126 bytes",
  send: [ping("*".repeat(126))],
  answer: ["close 1002"],
});
testCase({
  id: "2.6",
  what: "a ping of 125 bytes, byte by byte",
  send: [...ping("*".repeat(125))].map((byte) => Uint8Array.of(byte)),
  answer: [`pong ${"*".repeat(125)}`],
});
testCase({
  id: "2.7",
  what: "a pong that nobody asked for",
  send: [pong()],
  answer: [],
});
testCase({
  id: "2.8",
  what: "a pong with payload that nobody asked for",
  send: [pong("unsolicited pong payload")],
  answer: [],
});
testCase({
  id: "2.9",
  what: "a pong that nobody asked for, then a ping",
  send: [pong("unsolicited pong payload"), ping("ping payload")],
  answer: ["pong ping payload"],
});
testCase({
  id: "2.10",
  what: "ten pings",
  send: TEN.map((payload) => ping(payload)),
  answer: TEN.map((payload) => `pong ${payload}`),
});
testCase({
  id: "2.11",
  what: "ten pings, byte by byte",
  send: [...concat(TEN.map((payload) => ping(payload)))].map((byte) =>
    Uint8Array.of(byte)
  ),
  answer: TEN.map((payload) => `pong ${payload}`),
});
