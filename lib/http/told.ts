import type { EventSink } from "../events.ts";
import type { Responder } from "./exchange.ts";

/**
 * Tells of each answer of a part of the server, as a `request` event.
 *
 * @param message What the part does, in the original's words where it has any: `STATIC`.
 */
export function told(
  message: string,
  responder: Responder,
  onEvent: EventSink,
): Responder {
  return async (exchange) => {
    const response = await responder(exchange);
    if (response !== null) {
      const { status } = response;
      onEvent({ type: "request", request: exchange.info, status, message });
    }
    return response;
  };
}
