import { assertEquals, assertThrows } from "@std/assert";
import { Histogram } from "../../lib/http/metrics/histogram.ts";
import {
  counter,
  gauge,
  prometheusText,
} from "../../lib/http/metrics/prometheus.ts";
import { Tally } from "../../lib/http/metrics/tally.ts";
import { readPrometheus } from "./prometheus_reader.ts";

Deno.test("prometheusText writes HELP, TYPE and samples, family by family", () => {
  const text = prometheusText([
    gauge("open_sessions", "Open now", 3),
    counter("messages_total", "All messages", [
      { labels: { direction: "sent", kind: "text" }, value: 7 },
      { labels: { direction: "received", kind: "text" }, value: 0 },
    ]),
    counter("failures_total", "None yet", []),
  ]);
  assertEquals(
    text,
    `# HELP open_sessions Open now
# TYPE open_sessions gauge
open_sessions 3
# HELP messages_total All messages
# TYPE messages_total counter
messages_total{direction="sent",kind="text"} 7
messages_total{direction="received",kind="text"} 0
# HELP failures_total None yet
# TYPE failures_total counter
`,
  );
});

Deno.test("prometheusText escapes backslash, quote and newline in labels; in help the quote stays", () => {
  const odd = 'a\\b"c\nd\\n{é😀}, e="';
  const text = prometheusText([
    gauge("g", odd, [{ labels: { odd }, value: 1 }]),
  ]);
  assertEquals(
    text,
    `# HELP g a\\\\b"c\\nd\\\\n{é😀}, e="
# TYPE g gauge
g{odd="a\\\\b\\"c\\nd\\\\n{é😀}, e=\\""} 1
`,
  );
  const family = readPrometheus(text).get("g")!;
  assertEquals(family.help, odd);
  assertEquals(family.samples[0].labels, { odd });
});

for (
  const [value, written] of [
    [0, "0"],
    [-1.5, "-1.5"],
    [1e21, "1e+21"],
    [1e-7, "1e-7"],
    [Number.MAX_SAFE_INTEGER, "9007199254740991"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
    [NaN, "NaN"],
  ] as const
) {
  Deno.test(`prometheusText writes ${value} as ${written}`, () => {
    const text = prometheusText([gauge("g", "help", value)]);
    assertEquals(text.split("\n").at(-2), `g ${written}`);
    assertEquals(readPrometheus(text).get("g")!.samples[0].value, value);
  });
}

Deno.test("Histogram counts a value at a bound below it, one past it above, and is cumulative", () => {
  const histogram = new Histogram([0.1, 1]);
  for (const value of [0.1, 0.11, 1, 1.01, 100]) histogram.observe(value);
  assertEquals(
    prometheusText([histogram.family("h_seconds", "How long")]),
    `# HELP h_seconds How long
# TYPE h_seconds histogram
h_seconds_bucket{le="0.1"} 1
h_seconds_bucket{le="1"} 3
h_seconds_bucket{le="+Inf"} 5
h_seconds_sum 102.22
h_seconds_count 5
`,
  );
});

Deno.test("Histogram does not count what is no number, which would spoil the sum for good", () => {
  const histogram = new Histogram([1]);
  histogram.observe(NaN);
  histogram.observe(0.5);
  const { samples } = histogram.family("h", "help");
  assertEquals(samples.map(({ value }) => value), [1, 1, 0.5, 1]);
});

Deno.test("Tally counts by the labels' values", () => {
  const tally = new Tally();
  tally.add({ a: "1", b: "2" });
  tally.add({ a: "12", b: "" });
  tally.add({ a: "1", b: "2" });
  assertEquals(tally.samples, [
    { labels: { a: "1", b: "2" }, value: 2 },
    { labels: { a: "12", b: "" }, value: 1 },
  ]);
});

Deno.test("Tally shows what is expected before it comes, and goes on counting there", () => {
  const tally = new Tally([{ a: "1" }]);
  assertEquals(tally.samples, [{ labels: { a: "1" }, value: 0 }]);
  tally.add({ a: "1" });
  assertEquals(tally.samples, [{ labels: { a: "1" }, value: 1 }]);
});

const HEAD = "# HELP g help\n# TYPE g gauge\n";
const HISTOGRAM = "# HELP h help\n# TYPE h histogram\n";
for (
  const [what, text] of [
    ["no newline at the end", `${HEAD}g 1`],
    ["an empty line", `${HEAD}\ng 1\n`],
    ["a sample without a family", "g 1\n"],
    ["a sample of another family", `${HEAD}gg 1\n`],
    ["a family twice", `${HEAD}g 1\n${HEAD}`],
    ["a sample twice", `${HEAD}g{a="1"} 1\ng{a="1"} 2\n`],
    ["a label twice", `${HEAD}g{a="1",a="2"} 1\n`],
    ["an open quote", `${HEAD}g{a="1} 1\n`],
    ["a quote in a label", `${HEAD}g{a="1"2"} 1\n`],
    ["an unknown escape", `${HEAD}g{a="\\t"} 1\n`],
    ["a number in JavaScript's words", `${HEAD}g Infinity\n`],
    ["a counter without _total", "# HELP c help\n# TYPE c counter\nc 1\n"],
    ["a histogram without +Inf", `${HISTOGRAM}h_bucket{le="1"} 1\n`],
    [
      "a histogram that is not cumulative",
      `${HISTOGRAM}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    ],
    [
      "a histogram with a wrong count",
      `${HISTOGRAM}h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n`,
    ],
  ]
) {
  Deno.test(`the reader that these tests trust refuses ${what}`, () => {
    assertThrows(() => readPrometheus(text), Error, "It is not so");
  });
}
