/**
 * From an address to a connection whose handshake is over.
 *
 * @module
 */
import { type ClientEnd, notConnected } from "./client_end.ts";
import type { ClientEventSink } from "./client_events.ts";
import { dial, type DialOptions, whyNotConnected } from "./dial.ts";
import {
  type HandshakeRequest,
  randomHandshakeKey,
  requestHead,
  whyNotUpgraded,
} from "./handshake.ts";
import { readRefusal } from "./refusal.ts";
import {
  type NoResponse,
  readResponse,
  type Response,
} from "./response_head.ts";
import type { Target } from "./target.ts";

/** How long a server may take to accept or refuse, in milliseconds. */
const DEADLINE_MS = 30_000;

const NO_RESPONSE: Readonly<Record<NoResponse, string>> = {
  "ended": "it ended the connection without an answer",
  "tls": "it wants TLS there (wss:// instead of ws://)",
  "not http": "it is no web server",
};

/** A connection on which messages can be sent. */
export interface Opened {
  readonly conn: Deno.Conn;
  /** What came together with the answer. */
  readonly early: Uint8Array;
}

/** There is none. A value: servers may be down, and may refuse. */
export interface NotOpened {
  readonly conn?: undefined;
  readonly end: ClientEnd;
  /** Whether another attempt may be worth it. */
  readonly isTemporary: boolean;
  /** How long the server asks to wait before that, in milliseconds. */
  readonly retryAfterMs: number;
}

/** Connects and shakes hands. Never rejects for anything a server can do. An attempt that `signal` ends is not opened either. */
export async function open(
  target: Target,
  options: HandshakeRequest & DialOptions,
  { signal, onEvent }: {
    readonly signal: AbortSignal;
    readonly onEvent: ClientEventSink;
  },
): Promise<Opened | NotOpened> {
  const attempt = new AbortController();
  const end = (): void => attempt.abort(new Error("given up"));
  const late = (): void =>
    attempt.abort(
      new Error(`no answer within ${DEADLINE_MS / 1000} seconds`),
    );
  if (signal.aborted) end();
  signal.addEventListener("abort", end);
  const timer = setTimeout(late, DEADLINE_MS);
  try {
    const conn = await dial(target, options, attempt.signal);
    return await shakeHands(target, options, {
      conn,
      signal: attempt.signal,
      onEvent,
    });
  } catch (error) {
    const { reason, isTemporary } = whyNotConnected(
      attempt.signal.aborted ? attempt.signal.reason : error,
    );
    return failed(target, reason, isTemporary);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

/** @throws What the connection throws; it is closed then. */
async function shakeHands(
  target: Target,
  request: HandshakeRequest,
  { conn, signal, onEvent }: {
    readonly conn: Deno.Conn;
    readonly signal: AbortSignal;
    readonly onEvent: ClientEventSink;
  },
): Promise<Opened | NotOpened> {
  const close = closerOf(conn);
  signal.addEventListener("abort", close);
  let isKept = false;
  try {
    if (signal.aborted) throw signal.reason;
    const key = randomHandshakeKey();
    const head = requestHead(target, key, request);
    onEvent({ type: "request", head });
    await writeAll(conn, new TextEncoder().encode(head));
    const response = await readResponse(conn);
    if (typeof response === "string") {
      return failed(target, NO_RESPONSE[response], response === "ended");
    }
    onEvent({ type: "response", head: response.head.text });
    if (response.head.status !== 101) {
      return await refused(target, response, conn);
    }
    const wrong = whyNotUpgraded(
      response.head,
      key,
      request.subprotocols,
    );
    if (wrong !== null) return failed(target, wrong, false);
    isKept = !signal.aborted;
    return { conn, early: response.rest };
  } finally {
    signal.removeEventListener("abort", close);
    if (!isKept) close();
  }
}

async function refused(
  { origin }: Target,
  response: Response,
  conn: Deno.Conn,
): Promise<NotOpened> {
  const refusal = await readRefusal(response, conn);
  const { isTemporary, retryAfterMs } = refusal;
  return {
    end: notConnected(`Refused by ${origin}: ${refusal.message}`, isTemporary),
    isTemporary,
    retryAfterMs,
  };
}

function failed(
  { origin }: Target,
  reason: string,
  isTemporary: boolean,
): NotOpened {
  return {
    end: notConnected(`Cannot connect to ${origin}: ${reason}`),
    isTemporary,
    retryAfterMs: 0,
  };
}

function closerOf(conn: Deno.Conn): () => void {
  return () => {
    try {
      conn.close();
    } catch {
      // It is closed already.
    }
  };
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}
