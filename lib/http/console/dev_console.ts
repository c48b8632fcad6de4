import type { Responder } from "../exchange.ts";
/** Placeholder until the real one is written by the helper who owns this folder. */
export function devConsole(_options: { everyPath: boolean }): Responder {
  return () => null;
}
