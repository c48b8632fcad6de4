import type { Responder } from "./exchange.ts";
import { textResponse } from "./response.ts";
import { statusPage } from "./status_page.ts";

/** What a health check needs to know. */
export interface HealthOptions {
  /** Where to answer: `/healthz`. */
  readonly path: string;
  /** Whether the server admits no more clients. */
  readonly isDraining: () => boolean;
}

/** Tells a load balancer whether to send clients here: 200 `ok`, or 503 `draining`. */
export function healthResponder(
  { path, isDraining }: HealthOptions,
): Responder {
  return statusPage(
    path,
    () =>
      isDraining() ? textResponse(503, "draining") : textResponse(200, "ok"),
  );
}
