/**
 * One way in which a client can prove who it is.
 *
 * @module
 */
import type { RequestHead } from "../exchange.ts";
import type { Visitor } from "../forwarded.ts";
import type { Refusal } from "../refuse.ts";

/** Who a client has proved to be. */
export interface Identity {
  /** For `REMOTE_USER`: at most 256 characters, none of them a control character; empty if nobody was asked, or a program admits without a name. */
  readonly user: string;
  /** For `AUTH_TYPE` (RFC 3875 §4.1.1): `Basic`, `Bearer`, `Proxy`, `Exec`; empty if nobody was asked. */
  readonly authType: string;
}

/** A request that wants to be admitted. */
export interface Attempt {
  readonly request: RequestHead;
  readonly visitor: Visitor;
  /** CGI variables of the request, for a program that decides. */
  readonly env: () => Readonly<Record<string, string>>;
  /** Aborts when the client leaves, if anybody can tell. */
  readonly signal?: AbortSignal;
}

/** What is asked of clients, and how it is checked. */
export interface AuthMethod {
  /** What a client needs, to read behind "This server asks for". */
  readonly asksFor: string;
  /** The challenge for a client that has not got it (`WWW-Authenticate`), or null if there is none. */
  readonly challenge: string | null;
  /**
   * Null if the client has not proved anything. A refusal says more, and counts
   * if no other method admits the client; a response is sent as it is.
   */
  check(attempt: Attempt): Promise<Identity | Refusal | Response | null>;
  /** Removes from the headers what only this method should see. */
  clean?(headers: Headers, visitor: Visitor): void;
  /** The same for the URL. */
  cleanUrl?(url: string): string;
  /** Ends what is under way. Never rejects. */
  close?(): Promise<void>;
}
