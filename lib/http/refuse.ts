/**
 * Answers that say no.
 *
 * @module
 */
import type { EventSink, RefusalReason, RequestInfo } from "../events.ts";
import { type HeaderLine, textResponse } from "./response.ts";

/** What is wrong with a request, and how it is answered. */
export interface Refusal {
  readonly status: number;
  readonly reason: RefusalReason;
  /** One sentence for the client and for the log. */
  readonly message: string;
  readonly headers?: readonly HeaderLine[];
}

/** Answers with the sentence and tells the log. */
export function refuse(
  { status, reason, message, headers }: Refusal,
  request: RequestInfo,
  onEvent: EventSink,
): Response {
  onEvent({ type: "session.refused", request, status, reason, message });
  return textResponse(status, message, headers);
}
