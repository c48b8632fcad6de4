/** Where a program is, as far as this side knows. */
export type State = "connecting" | "open" | "reconnecting" | "closed";

/** There is a new state, or the next try to connect was put off. */
export interface StateEvent {
  /** What tells it from other events. */
  readonly type: "state";
  /** The state from now on. */
  readonly state: State;
  /** Milliseconds until the next try to connect, if it waits. */
  readonly inMs?: number;
  /** Why there is no connection, in words, if there is none. */
  readonly reason?: string;
}

/** After a lost connection: something is missing. */
export interface LostEvent {
  /** What tells it from other events. */
  readonly type: "lost";
  /** Messages of the program that are missing at this place; null if nobody knows how many. */
  readonly output: number | null;
  /** Messages to the program that may not have arrived; null if nobody knows how many. */
  readonly input: number | null;
}

/** The program was started again. */
export interface RestartedEvent {
  /** What tells it from other events. */
  readonly type: "restarted";
}

/** Something that happened besides messages. */
export type ClientEvent = StateEvent | LostEvent | RestartedEvent;
