import { assertEquals } from "@std/assert";
import {
  closeBody,
  readClose,
  whyCloseRefused,
} from "../../lib/socket/wire/close_frame.ts";
import { hex } from "./frames.ts";

Deno.test("closeBody writes a code and a reason that readClose reads", () => {
  const said = { code: 4003, reason: "exit 3: é" };
  const body = closeBody(said);
  assertEquals(body.subarray(0, 2), hex("0fa3"));
  assertEquals(readClose(body), said);
  assertEquals(whyCloseRefused(body), null);
});

Deno.test("closeBody is empty for a code that cannot be sent, and readClose says 1005 for that", () => {
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2000, 5000]) {
    assertEquals(closeBody({ code, reason: "lost" }).length, 0);
  }
  assertEquals(readClose(hex("")), { code: 1005, reason: "" });
  assertEquals(whyCloseRefused(hex("")), null);
});

Deno.test("closeBody fits into a control frame", () => {
  const body = closeBody({ code: 1011, reason: "€".repeat(100) });
  assertEquals(body.length, 2 + 123);
  assertEquals(whyCloseRefused(body), null);
  assertEquals(
    closeBody({ code: 1011, reason: "a".repeat(123) }).length,
    125,
  );
});
