import { binary, frame, ping, text } from "../frames.ts";
import { testCase } from "./autobahn_case.ts";

const HELLO = "Hello, world!";
const before = text(HELLO);

testCase({
  id: "3.1",
  what: "a small text with RSV 1",
  send: [text(HELLO, { rsv: 1 })],
  answer: ["close 1002"],
});
for (const [i, rsv] of [2, 3, 4].entries()) {
  testCase({
    id: `3.${i + 2}`,
    what: `a small text, one with RSV ${rsv}, a ping`,
    send: [before, text(HELLO, { rsv }), ping()],
    answer: [`text ${HELLO}`, "close 1002"],
  });
}
testCase({
  id: "3.5",
  what: "a small binary message with RSV 5",
  send: [binary(HELLO, { rsv: 5 })],
  answer: ["close 1002"],
});
testCase({
  id: "3.6",
  what: "a ping with RSV 6",
  send: [frame({ opcode: 9, payload: HELLO, rsv: 6 })],
  answer: ["close 1002"],
});
testCase({
  id: "3.7",
  what: "a close frame with RSV 7",
  send: [frame({ opcode: 8, rsv: 7 })],
  answer: ["close 1002"],
});

for (const [group, first] of [[1, 3], [2, 11]]) {
  for (let i = 0; i < 5; i++) {
    const opcode = first + i;
    const payload = i % 2 === 0 ? "" : HELLO;
    const wrong = frame({ opcode, payload });
    const alone = i < 2;
    testCase({
      id: `4.${group}.${i + 1}`,
      what: `${alone ? "a" : "a small text, a"} frame with opcode ${opcode}${
        payload && " and payload"
      }${alone ? "" : ", a ping"}`,
      send: alone ? [wrong] : [before, wrong, ping()],
      answer: alone ? ["close 1002"] : [`text ${HELLO}`, "close 1002"],
    });
  }
}
