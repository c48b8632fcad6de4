import { assertEquals } from "@std/assert";
import { batchOf } from "../../framing/decode.ts";
import {
  close,
  concat,
  frame,
  hex,
  more,
  ping,
  text,
  utf8,
} from "../frames.ts";
import { connect, wordsOf } from "../peer.ts";
import { testCase } from "./autobahn_case.ts";

const closed = ["close 1000"];
const failed = ["close 1002"];

testCase({
  id: "7.1.1",
  what: "a message, a close frame",
  send: [text("Hello World!"), close(1000)],
  answer: ["text Hello World!", ...closed],
});
testCase({
  id: "7.1.2",
  what: "two close frames",
  send: [close(1000), close(1000)],
  answer: closed,
});
testCase({
  id: "7.1.3",
  what: "a ping after the close frame",
  send: [close(1000), ping()],
  answer: closed,
});
testCase({
  id: "7.1.4",
  what: "a message after the close frame",
  send: [close(1000), text("Hello World!")],
  answer: closed,
});
testCase({
  id: "7.1.5",
  what: "a close frame inside a fragmented message",
  send: [
    text("fragment1", { fin: false }),
    close(1000),
    more("fragment2", true),
  ],
  answer: closed,
});
const big = utf8("BAsd7&jh23".repeat(26215)).subarray(0, 1 << 18);
testCase({
  id: "7.1.6",
  what: "a message of 256 KiB, a message, a close frame, a ping",
  send: [text(big), text("Hello World!"), close(1000), ping()],
  answer: [wordsOf("text", big), "text Hello World!", ...closed],
});
testCase({
  id: "7.3.1",
  what: "a close frame without body",
  send: [frame({ opcode: 8 })],
  answer: ["close"],
});
testCase({
  id: "7.3.2",
  what: "a close frame of one byte",
  send: [frame({ opcode: 8, payload: "a" })],
  answer: failed,
});
testCase({
  id: "7.3.3",
  what: "a close frame with a code",
  send: [close(1000)],
  answer: closed,
});
testCase({
  id: "7.3.4",
  what: "a close frame with a reason",
  send: [close(1000, "Hello World!")],
  answer: closed,
});
testCase({
  id: "7.3.5",
  what: "a close frame with a reason of 123 bytes",
  send: [close(1000, "*".repeat(123))],
  answer: closed,
});
testCase({
  id: "7.3.6",
  what: "a close frame with a reason of 124 bytes",
  send: [close(1000, "*".repeat(124))],
  answer: failed,
});
testCase({
  id: "7.5.1",
  what: "a close frame with a reason that is not UTF-8",
  send: [
    close(1000, concat([utf8("κόσμε"), hex("eda080"), utf8("edited")])),
  ],
  answer: ["close 1007"],
});

const RIGHT = [
  1000,
  1001,
  1002,
  1003,
  1007,
  1008,
  1009,
  1010,
  1011,
  3000,
  3999,
  4000,
  4999,
];
for (const [i, code] of RIGHT.entries()) {
  testCase({
    id: `7.7.${i + 1}`,
    what: `close code ${code}`,
    send: [close(code)],
    answer: [`close ${code}`],
  });
}
for (
  const [i, code] of [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]
    .entries()
) {
  testCase({
    id: `7.9.${i + 1}`,
    what: `close code ${code}, which cannot be sent`,
    send: [close(code)],
    answer: failed,
  });
}
testCase({
  id: "7.13.1",
  what: "close code 5000",
  send: [close(5000)],
  answer: failed,
});
testCase({
  id: "7.13.2",
  what: "close code 65536 in four bytes",
  send: [frame({ opcode: 8, payload: hex("00010000") })],
  answer: failed,
});

Deno.test("A close frame is answered after what the server still sends", async () => {
  await using connected = await connect("tcp");
  const { peer, socket } = connected;
  await peer.write(close(4000, "bye"));
  assertEquals(await socket.receive(), null);
  assertEquals(await socket.closed, {
    code: 4000,
    reason: "bye",
    by: "client",
  });
  await socket.send(batchOf([utf8("a")]));
  const closing = socket.close(1000, "done");
  assertEquals(await peer.rest(), ["text a", "close 4000", "end"]);
  peer.close();
  await closing;
});
