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
import { offeredProtocols, removeProtocols } from "./offered_protocols.ts";

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
  const offered = offeredProtocols(headers);
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
  if (!offeredProtocols(request.headers).some(isResumeToken)) return request;
  const headers = new Headers(request.headers);
  removeProtocols(headers, isResumeToken);
  const { method, url, signal } = request;
  return { method, url, headers, signal };
}
