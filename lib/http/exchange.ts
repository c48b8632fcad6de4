/**
 * A request on its way through the server.
 *
 * @module
 */
import type { RequestInfo } from "../events.ts";
import type { RequestTarget } from "./request.ts";

/** The head of a request, whoever has read it: what a WebSocket handshake consists of. */
export type RequestHead = Pick<Request, "method" | "url" | "headers">;

/** A request, and what was found out about it. */
export interface Exchange<Head extends RequestHead = Request> {
  readonly request: Head;
  readonly target: RequestTarget;
  readonly info: RequestInfo;
}

/** A part of the server that answers plain requests. Null leaves one to the next part. */
export type Responder = (
  exchange: Exchange,
) => Promise<Response | null> | Response | null;
