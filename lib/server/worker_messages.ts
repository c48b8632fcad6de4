/**
 * What the main thread and the threads that serve tell each other.
 *
 * @module
 */
import type { Event } from "../events.ts";
import type { Family } from "../http/metrics/prometheus.ts";
import type { NoSlot, SessionState } from "../session/sessions.ts";
import type { TcpPlace } from "./listen.ts";
import type { ServeOptions } from "./serve_options.ts";

/** To a thread that serves. */
export type ToWorker =
  | {
    /** The first message. */
    readonly type: "start";
    /** What to serve, without functions. */
    readonly options: ServeOptions;
    /** Where the other threads listen, or null if this is the first. */
    readonly places: readonly TcpPlace[] | null;
    /** The random token, which is the same for all. In no log. */
    readonly token: string;
    /** One number: how many events the main thread has not seen yet. */
    readonly unseen: Int32Array;
  }
  | Answer
  /** Asks how its sessions stand. */
  | { readonly type: "look" }
  | { readonly type: "drain" }
  | { readonly type: "kill" };

/** To a thread that has asked something. */
export type Answer =
  | {
    /** The answer to `take`. */
    readonly type: "slot";
    readonly id: number;
    /** Null if the slot is taken. */
    readonly refusal: NoSlot | null;
  }
  | {
    /** The answer to `login`. */
    readonly type: "waits";
    readonly id: number;
    readonly seconds: number;
  }
  | {
    /** The answer to `metrics`. */
    readonly type: "families";
    readonly id: number;
    readonly families: readonly Family[];
  };

/** From a thread that serves. */
export type FromWorker =
  | Started
  | { readonly type: "failed"; readonly failure: StartFailure }
  | { readonly type: "event"; readonly event: Event }
  | { readonly type: "take"; readonly id: number; readonly ip: string }
  | { readonly type: "release"; readonly id: number }
  | {
    /** Asks how long an address has to wait for its next login. */
    readonly type: "login";
    readonly id: number;
    readonly ip: string;
    /** Whether there was a wrong one, to be counted before. */
    readonly isWrong: boolean;
  }
  /** Asks for the metrics of all threads. */
  | { readonly type: "metrics"; readonly id: number }
  /** The answer to `look`. */
  | { readonly type: "states"; readonly states: readonly SessionState[] }
  /** The last message: nothing runs any more. */
  | { readonly type: "ended" };

/** A thread listens. */
export interface Started {
  readonly type: "listening";
  readonly addresses: readonly Deno.NetAddr[];
  /** The same, as it takes to listen there once more. */
  readonly places: readonly TcpPlace[];
  readonly link: string | null;
  /** The random token, if clients are asked for it. In no log. */
  readonly token: string | null;
}

/** Why a thread cannot serve. Errors lose their class on the way. */
export interface StartFailure {
  readonly kind: "option" | "listen" | "other";
  readonly message: string;
}
