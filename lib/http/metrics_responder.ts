import type { Responder } from "./exchange.ts";
import type { MetricsSource } from "./metrics.ts";
import { processMetrics } from "./metrics/process_metrics.ts";
import { PROMETHEUS_TYPE, prometheusText } from "./metrics/prometheus.ts";
import { statusPage } from "./status_page.ts";

/** What answering with metrics takes. */
export interface MetricsPageOptions {
  /** Where to answer: `/metrics`. */
  readonly path: string;
  readonly metrics: MetricsSource;
}

/** Answers with all metrics as text for Prometheus: of the sessions, then of the process. */
export function metricsResponder(
  { path, metrics }: MetricsPageOptions,
): Responder {
  return statusPage(path, async () => {
    const ofProcess = await processMetrics();
    const ofSessions = await metrics.families();
    const text = prometheusText([...ofSessions, ...ofProcess]);
    return new Response(text, {
      headers: {
        "content-type": PROMETHEUS_TYPE,
        "x-content-type-options": "nosniff",
      },
    });
  });
}
