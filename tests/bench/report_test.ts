import { assertEquals } from "@std/assert";
import type { BenchCase } from "./bench_case.ts";
import { rowsOf } from "./report.ts";
import type { SideResult } from "./run_case.ts";

const BENCH_CASE: BenchCase = {
  name: "lines",
  metrics: [{ id: "lines rate", title: "lines", unit: "lines/s" }],
  operation: "line",
  program: () => [],
  measure: () => Promise.reject(new Error("not run here")),
};

function side(values: readonly number[], failure?: string): SideResult {
  return {
    turns: values.map((value) => ({ values: [value], cpuUs: value })),
    failure,
  };
}

Deno.test("a row compares the medians of both sides with the goal of the engine", () => {
  const result = { ours: side([900, 130, 1]), theirs: side([100, 90, 110]) };
  const [native] = rowsOf(BENCH_CASE, result, "native");
  assertEquals([native.ours, native.theirs, native.ratio], [130, 100, 1.3]);
  assertEquals([native.goal, native.met], ["≥ 1.3x", true]);
  assertEquals(native.cpu, {
    operation: "line",
    ours: 130,
    theirs: 100,
    ratio: 1.3,
  });
  assertEquals(native.turns, { ours: [900, 130, 1], theirs: [100, 90, 110] });
  const [wire] = rowsOf(BENCH_CASE, result, "wire");
  assertEquals([wire.goal, wire.met], ["≥ 60x", false]);
});

Deno.test("a row takes the mean of the middle two of an even number of turns", () => {
  const [row] = rowsOf(BENCH_CASE, { ours: side([4, 1, 3, 2]) }, "native");
  assertEquals(row.ours, 2.5);
});

Deno.test("a row says neither yes nor no without the other side", () => {
  const [row] = rowsOf(BENCH_CASE, { ours: side([130]) }, "native");
  assertEquals([row.goal, row.ratio, row.met], [
    "≥ 1.3x",
    undefined,
    undefined,
  ]);
});

Deno.test("a row misses its goal when our side has failed, however good its turns were", () => {
  const [row] = rowsOf(BENCH_CASE, {
    ours: side([900], "it has ended"),
    theirs: side([100]),
  }, "native");
  assertEquals(row.met, false);
  assertEquals(row.failures, { ours: "it has ended" });
});
