/** What a client process is asked to do; all sizes are counts unless the name has a unit. */
export type Job =
  & (
    | StreamJob
    | PlainJob
    | PingPongJob
    | SessionsJob
    | EchoJob
    | IdleJob
    | FanOutJob
  )
  & {
    /** The server's port on 127.0.0.1. */
    readonly port: number;
    /** The client gives up after this long. */
    readonly deadlineMs: number;
  };

/** Connect and count until the server ends the connection. Reports `messages`, `bytes`, `ms` from the request to the last message. */
export interface StreamJob {
  readonly kind: "stream";
}

/** The same without WebSocket: count the bytes of a plain TCP connection. Reports `bytes`, `ms`. */
export interface PlainJob {
  readonly kind: "plain";
}

/** One message at a time, there and back. Reports `medianUs`, `p99Us`. */
export interface PingPongJob {
  readonly kind: "ping-pong";
  readonly rounds: number;
  readonly warmupRounds: number;
  readonly payloadBytes: number;
}

/** Connect, first message, end of the connection, and again, in several lanes. Reports `messages`, `bytes`, `ms` and `firstMedianMs`. */
export interface SessionsJob {
  readonly kind: "sessions";
  readonly sessions: number;
  readonly warmupSessions: number;
  readonly lanes: number;
}

/** Keep a number of messages in flight for a while, then wait for the last. Reports `sent`, `messages`, `bytes`, `ms`. */
export interface EchoJob {
  readonly kind: "echo";
  readonly inFlight: number;
  readonly sendMs: number;
  readonly warmupMs: number;
  readonly payloadBytes: number;
}

/** Open many connections and hold them. Reports `opened`, then, after each of them has echoed one message, `messages`. */
export interface IdleJob {
  readonly kind: "idle";
  readonly clients: number;
}

/** Many clients of one program that prints numbered lines. Reports, after all have been connected for a while, `lines` of all together, `wrong` ones, connections that `ended`, `ms`, and the ages `p50Ms` and `p99Ms`. */
export interface FanOutJob {
  readonly kind: "fan-out";
  readonly clients: number;
  readonly warmupMs: number;
  readonly readMs: number;
}
