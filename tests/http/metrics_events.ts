/**
 * Events as a server sends them, for tests of what is made from them.
 *
 * @module
 */
import type {
  Event,
  Exit,
  RefusalReason,
  RequestInfo,
  SessionInfo,
} from "../../lib/events.ts";
import type { LiveSession } from "../../lib/http/metrics.ts";
import type { Carried } from "../../lib/http/metrics/session_totals.ts";

/** A request of somebody on this machine. */
export const REQUEST: RequestInfo = {
  remoteAddr: "127.0.0.1",
  remoteHost: "127.0.0.1",
  remotePort: 4711,
  method: "GET",
  url: "http://localhost/",
  origin: null,
  user: "",
  authType: "",
  certificate: null,
  requestId: null,
};

/** A session of that request. */
export function sessionInfo(id: string): SessionInfo {
  return { ...REQUEST, id, command: ["cat"] };
}

/** A session whose counts a test can raise. */
export class FakeSession implements LiveSession {
  readonly id: string;
  sent = { messages: 0, bytes: 0 };
  received = { messages: 0, bytes: 0 };
  stalls: Required<Carried>["stalls"] = {
    client: { count: 0, ms: 0 },
    program: { count: 0, ms: 0 },
  };
  isRunning = true;
  rttMs: number | null = null;

  constructor(id: string) {
    this.id = id;
  }

  /** That it has opened. */
  opened(startMs = 1): Event {
    const type = "session.opened";
    const event = { type, session: sessionInfo(this.id), pid: 42, startMs };
    return event as Event;
  }

  /** That it has closed, with all it has carried. */
  closed(
    { code = 1000, exit = { code: 0, signal: null }, pid = 42 }: {
      readonly code?: number;
      readonly exit?: Exit | null;
      readonly pid?: number | null;
    } = {},
  ): Event {
    const { sent, received, stalls } = this;
    const event = {
      type: "session.closed" as const,
      session: sessionInfo(this.id),
      pid,
      code,
      reason: "",
      exit,
      durationMs: 1,
      sent: { ...sent },
      received: { ...received },
      stalls: { ...stalls },
    };
    return event;
  }
}

/** That a request was refused. */
export function refused(reason: RefusalReason, status: number): Event {
  const message = "No";
  return { type: "session.refused", request: REQUEST, status, reason, message };
}

/** That a plain request was answered. */
export function answered(status: number): Event {
  return { type: "request", request: REQUEST, status, message: "DONE" };
}
