import { assertEquals } from "@std/assert";
import { describeExit, signalNumber } from "../../lib/process/exit.ts";

Deno.test("describeExit says how a program ended in words", () => {
  assertEquals(describeExit({ code: 0, signal: null }), "exit 0");
  assertEquals(describeExit({ code: 255, signal: null }), "exit 255");
  assertEquals(
    describeExit({ code: 143, signal: "SIGTERM" }),
    "signal SIGTERM",
  );
});

Deno.test("signalNumber is Linux's on every system, and comes from the status for a signal without a name there", () => {
  assertEquals(signalNumber({ code: 143, signal: "SIGTERM" }), 15);
  // 10 on macOS, whose shells say 128 + 10.
  assertEquals(signalNumber({ code: 138, signal: "SIGBUS" }), 7);
  assertEquals(signalNumber({ code: 162, signal: "SIGRTMIN" }), 34);
  assertEquals(signalNumber({ code: 3, signal: null }), 0);
  assertEquals(signalNumber({ code: 0, signal: "SIGSTRANGE" }), 0);
});
