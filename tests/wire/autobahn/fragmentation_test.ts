import { frame, more, ping, text } from "../frames.ts";
import { testCase } from "./autobahn_case.ts";

const begin = (payload: string) => text(payload, { fin: false });
const nothing = (fin: boolean) => more("non-continuation payload", fin);
const failed = ["close 1002"];
const whole = ["text fragment1fragment2"];

testCase({
  id: "5.1",
  what: "a ping in two fragments",
  send: [
    frame({ opcode: 9, payload: "fragment1", fin: false }),
    more("fragment2", true),
  ],
  answer: failed,
});
testCase({
  id: "5.2",
  what: "a pong in two fragments",
  send: [
    frame({ opcode: 10, payload: "fragment1", fin: false }),
    more("fragment2", true),
  ],
  answer: failed,
});
// The suite's cases differ in how the bytes are cut; each is cut in every way here.
for (const id of ["5.3", "5.4", "5.5"]) {
  testCase({
    id,
    what: "a text in two fragments",
    send: [begin("fragment1"), more("fragment2", true)],
    answer: whole,
  });
}
for (const id of ["5.6", "5.7", "5.8"]) {
  testCase({
    id,
    what: "a text in two fragments, a ping in between",
    send: [begin("fragment1"), ping("ping payload"), more("fragment2", true)],
    answer: ["pong ping payload", ...whole],
  });
}
for (const id of ["5.9", "5.10", "5.11"]) {
  testCase({
    id,
    what: "a last continuation of nothing, a text",
    send: [nothing(true), text("Hello, world!")],
    answer: failed,
  });
}
for (const id of ["5.12", "5.13", "5.14"]) {
  testCase({
    id,
    what: "a continuation of nothing, a text",
    send: [nothing(false), text("Hello, world!")],
    answer: failed,
  });
}
testCase({
  id: "5.15",
  what: "a text in two fragments, a continuation of nothing, a text",
  send: [
    begin("fragment1"),
    more("fragment2", true),
    more("fragment3", false),
    text("fragment4"),
  ],
  answer: [...whole, ...failed],
});
testCase({
  id: "5.16",
  what: "twice: a continuation of nothing, a text in two fragments",
  send: [1, 2].flatMap((n) => [
    more(`fragment${n}1`, false),
    begin(`fragment${n}2`),
    more(`fragment${n}3`, true),
  ]),
  answer: failed,
});
testCase({
  id: "5.17",
  what: "twice: a last continuation of nothing, a text in two fragments",
  send: [1, 2].flatMap((n) => [
    more(`fragment${n}1`, true),
    begin(`fragment${n}2`),
    more(`fragment${n}3`, true),
  ]),
  answer: failed,
});
testCase({
  id: "5.18",
  what: "a text in two fragments that both say text",
  send: [begin("fragment1"), text("fragment2")],
  answer: failed,
});
for (const id of ["5.19", "5.20"]) {
  testCase({
    id,
    what: "a text in five fragments, a ping after the second and the fourth",
    send: [
      begin("fragment1"),
      more("fragment2"),
      ping("pongme 1!"),
      more("fragment3"),
      more("fragment4"),
      ping("pongme 2!"),
      more("fragment5", true),
    ],
    answer: [
      "pong pongme 1!",
      "pong pongme 2!",
      "text fragment1fragment2fragment3fragment4fragment5",
    ],
  });
}
