/**
 * Which clients share a program.
 *
 * @module
 */
import { isToken } from "../http_token.ts";
import type { JoinPoint } from "../session/history.ts";
import { badHandshake } from "./handshake.ts";
import type { LocatedProgram } from "./program.ts";
import type { Refusal } from "./refuse.ts";
import type { RequestTarget } from "./request.ts";

/**
 * How programs are shared.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * // A room for each value of ?room=
 * handler({ command: "cat", share: "query:room" });
 * ```
 */
export interface SharingOptions {
  /**
   * Starts one program for many clients instead of one for each: for `all`,
   * for those of one `path`, of one value of a parameter of the URL
   * (`query:NAME`) or of a header (`header:NAME`). Default: not at all.
   */
  readonly share?: string;
  /** When a shared program starts: with its `first` client, or `now`, with the server, and then it runs until that ends. @default {"first"} */
  readonly shareStart?: "first" | "now";
}

/** What the clients of one program have in common. */
export interface ShareBy {
  readonly kind: "all" | "path" | "query" | "header";
  /** Name of the parameter or header; empty for the others. */
  readonly name: string;
}

/** Reads `share`. Null if it is not written like that. */
export function parseShare(share: string): ShareBy | null {
  if (share === "all" || share === "path") return { kind: share, name: "" };
  const match = /^(query|header):(.+)$/.exec(share);
  if (match === null) return null;
  const [, kind, name] = match;
  if (kind === "header" && !isToken(name)) return null;
  return { kind: kind as "query" | "header", name };
}

/** A shared program: how to find it, and what to call it. */
export interface SharedPlace {
  readonly key: string;
  /** What its clients have in common: `all`, `/path`, `room=a`. */
  readonly name: string;
}

/** Finds out which program a client shares. */
export function sharedPlace(
  { kind, name }: ShareBy,
  { scriptName, pathInfo }: LocatedProgram,
  { query }: RequestTarget,
  headers: Headers,
): SharedPlace {
  const value = kind === "path"
    ? pathInfo
    : kind === "query"
    ? new URLSearchParams(query).get(name) ?? ""
    : kind === "header"
    ? headers.get(name) ?? ""
    : "";
  // With a directory of programs, each is shared by itself.
  const path = scriptName === "/" ? "" : scriptName;
  return {
    key: JSON.stringify([scriptName, value]),
    name: kind === "all"
      ? path || "all"
      : kind === "path"
      ? path + pathInfo
      : `${path && `${path} `}${name}=${value}`,
  };
}

/** Variables that are one client's secret, and none of those who share its program need to see. */
const SECRET =
  /^HTTP_.*(?:COOKIE|AUTHORIZATION|TOKEN|SECRET|PASSW|API_?KEY|SESSION|CREDENTIAL|SEC_WEBSOCKET)/;

/** The environment of a shared program: its first client's, without that one's secrets. */
export function sharedEnv(
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !SECRET.test(name)),
  );
}

/** Where in the output a client wants to begin: `?tail=N`, `?since=NUMBER`. */
export function joinPoint({ query }: RequestTarget): JoinPoint | Refusal {
  const parameters = new URLSearchParams(query);
  const point: { tail?: number; since?: number } = {};
  for (const name of ["tail", "since"] as const) {
    const value = parameters.get(name);
    if (value === null) continue;
    if (!/^\d{1,15}$/.test(value)) {
      return badHandshake(
        `The parameter "${name}" is a number of messages, as in ?${name}=50`,
      );
    }
    point[name] = Number(value);
  }
  return point;
}
