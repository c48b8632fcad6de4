import type { Refusal } from "../refuse.ts";

/** For whom there is no room to be checked. */
export const BUSY: Refusal = {
  status: 429,
  reason: "auth",
  message: "Too many logins are being checked (--auth): try again in a moment",
  headers: [["retry-after", "1"]],
};
