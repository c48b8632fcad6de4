/**
 * The subprotocols that a client offers. Some of them are secrets: it is the
 * one header that a page can say something in.
 *
 * @module
 */
import { listOf } from "./header_list.ts";

const HEADER = "sec-websocket-protocol";

/** Their names, in the client's order. */
export function offeredProtocols(headers: Headers): string[] {
  return listOf(headers.get(HEADER));
}

/** Removes some of them. All else stays as it was written. */
export function removeProtocols(
  headers: Headers,
  isUnwanted: (name: string) => boolean,
): void {
  const offered = offeredProtocols(headers);
  const kept = offered.filter((name) => !isUnwanted(name));
  if (kept.length === offered.length) return;
  if (kept.length === 0) headers.delete(HEADER);
  else headers.set(HEADER, kept.join(", "));
}
