import { assertEquals } from "@std/assert";
import { partOf } from "../../lib/framing/part_of.ts";
import { batchOf, bytes, stringsOf } from "./decode.ts";

Deno.test("partOf takes messages out of a batch", () => {
  const batch = batchOf(["a", "b", "c"].map((text) => bytes(text)), 1);
  assertEquals(stringsOf(partOf(batch, 0)), ["a", "b", "c"]);
  assertEquals(stringsOf(partOf(batch, 1)), ["b", "c"]);
  assertEquals(stringsOf(partOf(batch, 0, 1)), ["a"]);
  assertEquals(stringsOf(partOf(batch, 1, 2)), ["b"]);
  assertEquals(stringsOf(partOf(batch, 3)), []);
});
