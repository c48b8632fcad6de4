/**
 * What a client offers of the subprotocol `websocketd.v1`.
 *
 * @module
 */
import {
  isResumeToken,
  parseResumeToken,
  PROTOCOL,
  type ResumePoint,
} from "../client/protocol.ts";
import type { RequestHead } from "./exchange.ts";

/** Whether and how a client speaks `websocketd.v1`. */
export interface ProtocolOffer {
  readonly speaksV1: boolean;
  /** Where it wants to go on; null if what it says about that cannot be read, undefined if it says nothing. */
  readonly resume?: ResumePoint | null;
}

/**
 * Reads an offer. The subprotocol is spoken with whoever offers it, unless the
 * client prefers one that the server was told to speak.
 *
 * @param headers As they came.
 */
export function protocolOffer(
  headers: Headers,
  supported: readonly string[],
): ProtocolOffer {
  const offered = protocolsOf(headers);
  const speaksV1 =
    offered.find((name) => name === PROTOCOL || supported.includes(name)) ===
      PROTOCOL;
  const token = offered.find(isResumeToken);
  if (!speaksV1 || token === undefined) return { speaksV1 };
  return { speaksV1, resume: parseResumeToken(token) };
}

type SignalledHead = RequestHead & { readonly signal?: AbortSignal };

/** The request without what a client resumes with, which is a secret. */
export function withoutResumeTokens(request: SignalledHead): SignalledHead {
  const offered = protocolsOf(request.headers);
  const kept = offered.filter((name) => !isResumeToken(name));
  if (kept.length === offered.length) return request;
  const headers = new Headers(request.headers);
  if (kept.length === 0) headers.delete("sec-websocket-protocol");
  else headers.set("sec-websocket-protocol", kept.join(", "));
  const { method, url, signal } = request;
  return { method, url, headers, signal };
}

function protocolsOf(headers: Headers): string[] {
  const header = headers.get("sec-websocket-protocol");
  return header === null ? [] : header.split(",").map((name) => name.trim());
}
