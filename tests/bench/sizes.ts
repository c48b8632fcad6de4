/** How much each case does. */
export interface Sizes {
  /** Ping-pong rounds that are timed, and those before them that are not. */
  readonly rounds: number;
  readonly warmupRounds: number;
  /** Sessions of `echo hi` that are timed, and those before them that are not. */
  readonly sessions: number;
  readonly warmupSessions: number;
  /** Lines that `seq` prints. */
  readonly lines: number;
  /** Lines of 1,000 bytes in the file. */
  readonly longLines: number;
  /** Clients that stay connected to `cat`. */
  readonly idleClients: number;
  /** How long messages are kept in flight, timed and before. */
  readonly echoMs: number;
  readonly echoWarmupMs: number;
  /** Clients of one program, and how long they read what it prints, timed and before. */
  readonly fanClients: number;
  readonly fanMs: number;
  readonly fanWarmupMs: number;
  /** Bytes of the one long binary stream. */
  readonly streamBytes: number;
  /** How long memory must have stood still before it is read. */
  readonly settleMs: number;
  /** When a client gives up, far above what the slowest server needs for the largest case on a busy machine. */
  readonly deadlineMs: number;
}

export const FULL: Sizes = {
  // 50 rounds lie above p99, so that one hiccup of the machine does not decide it.
  rounds: 5000,
  warmupRounds: 1000,
  sessions: 2000,
  warmupSessions: 300,
  lines: 2_000_000,
  longLines: 100_000,
  idleClients: 500,
  echoMs: 2000,
  echoWarmupMs: 300,
  fanClients: 1000,
  fanMs: 5000,
  fanWarmupMs: 1000,
  streamBytes: 4 * 1024 ** 3,
  settleMs: 1000,
  // The slowest server seen here needed 30 s.
  deadlineMs: 180_000,
};

/** Each case once through in a blink: shows that the harness works, says nothing about speed. */
export const QUICK: Sizes = {
  rounds: 50,
  warmupRounds: 10,
  sessions: 16,
  warmupSessions: 2,
  lines: 2000,
  longLines: 200,
  idleClients: 8,
  echoMs: 100,
  echoWarmupMs: 20,
  fanClients: 8,
  fanMs: 300,
  fanWarmupMs: 50,
  streamBytes: 4 * 1024 ** 2,
  settleMs: 100,
  deadlineMs: 20_000,
};
