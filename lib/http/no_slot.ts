import type { NoSlot, Sessions } from "../session/sessions.ts";
import type { Refusal } from "./refuse.ts";

/**
 * Says that no more programs may run now.
 *
 * @param limit Which limit leaves no room.
 * @param limits What the limits are.
 */
export function noSlot(
  limit: NoSlot,
  { maxForks, maxClients }: Pick<Sessions, "maxForks" | "maxClients">,
): Refusal {
  const messages: Record<NoSlot, string> = {
    "limit":
      `All ${maxForks} programs that may run at once are running (--maxforks)`,
    "limit-per-ip":
      "This address already has as many programs running, or clients connected, as it may (--maxperip)",
    "limit-clients":
      `All ${maxClients} clients that may share programs at once are connected (--maxclients)`,
  };
  return {
    status: 429,
    reason: limit,
    message: messages[limit],
    headers: [["retry-after", "1"]],
  };
}
