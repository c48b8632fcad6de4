import { assert, assertEquals } from "@std/assert";
import { Metrics } from "../../lib/http/metrics.ts";
import { processMetrics } from "../../lib/http/metrics/process_metrics.ts";
import type { Family } from "../../lib/http/metrics/prometheus.ts";
import { answered, FakeSession, sessionInfo } from "../http/metrics_events.ts";
import { pathOf } from "./example.ts";

const README = Deno.readTextFileSync(pathOf("prometheus/README.md"));
const ALERTS = Deno.readTextFileSync(pathOf("prometheus/alerts.yml"));
/** What the documentation says that only Linux has. */
const LINUX_ONLY = /`process_(open|max)_fds`/;

/** Every family, of a server in which everything has happened once. */
async function families(): Promise<Family[]> {
  const metrics = new Metrics({ live: () => [] });
  const session = new FakeSession("a");
  metrics.sink(session.opened());
  metrics.sink({
    type: "child.signalled",
    session: sessionInfo("a"),
    pid: 42,
    signal: "SIGINT",
  });
  metrics.sink(session.closed());
  metrics.sink({
    type: "cgi.ended",
    session: sessionInfo("b"),
    pid: 43,
    exit: { code: 0, signal: null },
    durationMs: 20,
  });
  metrics.sink(answered(404));
  return [...metrics.families(), ...await processMetrics()];
}

/** The row of the table that a family should have. */
function rowOf({ name, type, help, samples }: Family): string {
  const unit = /_(seconds|bytes)(_total)?$/.exec(name)?.[1] ?? "";
  const labels = new Set(
    samples.flatMap(({ labels = {} }) => Object.keys(labels)),
  );
  // Each histogram has that one.
  labels.delete("le");
  const names = [...labels].map((label) => `\`${label}\``).join(", ");
  return `| \`${name}\` | ${type} | ${unit} | ${names} | ${help} |`;
}

/** The rows of the table without the spaces that align them. */
function rowsOf(markdown: string): string[] {
  return markdown.split("\n").filter((line) => line.startsWith("| `"))
    .map((line) => line.replaceAll(/ +/g, " "));
}

/** The names of metrics in queries. */
function namesIn(text: string): string[] {
  return text.match(/\b(websocketd|process)_[a-z_]+/g) ?? [];
}

/** All names that samples of a server have. */
async function sampleNames(): Promise<Set<string>> {
  return new Set(
    (await families()).flatMap(({ name, samples }) =>
      samples.map(({ suffix = "" }) => name + suffix)
    ),
  );
}

Deno.test("the table in examples/prometheus has each metric with its type, unit, labels and meaning", async () => {
  const rows = (await families()).map(rowOf)
    .map((row) => row.replaceAll(/ +/g, " "));
  const isHere = (row: string) =>
    Deno.build.os === "linux" || !LINUX_ONLY.test(row);
  assertEquals(rowsOf(README).filter(isHere), rows);
});

Deno.test({
  name: "the queries in examples/prometheus ask for metrics that exist",
  // Elsewhere some are missing, as documented.
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    const known = await sampleNames();
    const unknown = (text: string) =>
      namesIn(text).filter((name) => !known.has(name));
    const alerts = [...ALERTS.matchAll(/expr: (?:>-\n)?([^]*?)\n +(?=\w+:)/g)]
      .map(([, query]) => query);
    assertEquals(alerts.length, ALERTS.match(/- alert:/g)!.length);
    assertEquals(unknown(alerts.join("\n")), []);
    assert(namesIn(alerts.join("\n")).length >= alerts.length);
    const queries = README.split("\n").filter((line) =>
      line.startsWith("    ") && !line.includes("--")
    ).join("\n");
    assertEquals(unknown(queries), []);
    assert(namesIn(queries).length >= 4);
  },
});

Deno.test("prometheus.yml in examples/ reads the alerts and the path that the line above it serves", () => {
  const text = Deno.readTextFileSync(pathOf("prometheus/prometheus.yml"));
  const [, path] = /^# +deno run .* --metrics=(\S+) /m.exec(text)!;
  assertEquals(/metrics_path: (\S+)/.exec(text)![1], path);
  const [, rules] = /rule_files:\n +- (\S+)/.exec(text)!;
  assert(Deno.statSync(pathOf(`prometheus/${rules}`)).isFile);
});
