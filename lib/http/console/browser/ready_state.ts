/** The names of `WebSocket.readyState`, by its number. */
export const READY_STATES = [
  "CONNECTING",
  "OPEN",
  "CLOSING",
  "CLOSED",
] as const;

/** What `readyState` can be. */
export type ReadyState = 0 | 1 | 2 | 3;
