/**
 * A request on its way through the server.
 *
 * @module
 */
import type { RequestInfo } from "../events.ts";
import type { Visitor } from "./forwarded.ts";
import type { RequestTarget } from "./request.ts";

/** The head of a request, whoever has read it: what a WebSocket handshake consists of. */
export type RequestHead = Pick<Request, "method" | "url" | "headers">;

/** A request that may have a body. */
export type PlainRequest = RequestHead & Pick<Request, "body" | "signal">;

/** A request, and what was found out about it. */
export interface Exchange<Head extends RequestHead = PlainRequest> {
  /** Without what the client has proved its identity with. */
  readonly request: Head;
  readonly target: RequestTarget;
  readonly info: RequestInfo;
}

/** A request that nobody has been asked about yet. */
export interface Arrival<Head extends RequestHead = PlainRequest>
  extends Exchange<Head> {
  /** The request as it came, with all its secrets. */
  readonly raw: RequestHead & { readonly signal?: AbortSignal };
  readonly visitor: Visitor;
}

/** A part of the server that answers plain requests. Null leaves one to the next part. */
export type Responder = (
  exchange: Exchange,
) => Promise<Response | null> | Response | null;
