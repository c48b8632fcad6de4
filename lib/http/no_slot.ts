import type { NoSlot } from "../session/sessions.ts";
import type { Refusal } from "./refuse.ts";

/**
 * Says that no more programs may run now.
 *
 * @param limit Which limit leaves no room.
 * @param running How many programs run.
 */
export function noSlot(limit: NoSlot, running: number): Refusal {
  return {
    status: 429,
    reason: limit,
    message: limit === "limit"
      ? `All ${running} programs that may run at once are running (--maxforks)`
      : "This address already has as many programs running as it may (--maxperip)",
    headers: [["retry-after", "1"]],
  };
}
