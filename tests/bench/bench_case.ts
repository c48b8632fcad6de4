import type { Processes } from "./processes.ts";
import type { Server } from "./servers.ts";
import type { Sizes } from "./sizes.ts";

/** One of the things that are compared: a program, a server in front of it, and what the client does. */
export interface BenchCase {
  readonly name: string;
  readonly metrics: readonly Metric[];
  /** What the processor time is given for, `round` for example. */
  readonly operation: string;
  /** The program and its arguments. */
  program(setup: Setup): readonly string[];
  /** Flags that the server gets for it. */
  readonly flags?: readonly string[];
  /** Each turn starts a server of its own; otherwise one server of each side lives through all turns, so that both are warm. */
  readonly isFresh?: boolean;
  /** It takes so many times the turns of the others: what is short is soon hit on one side only by whatever else the machine does. @default {1} */
  readonly turnsFactor?: number;
  /** `socat` instead of websocketd as the other side, or nobody. */
  readonly rival?: "socat" | "none";
  /** Engines it belongs to when no case is asked for by name; all by default. */
  readonly engines?: readonly string[];
  /** The client has no ceiling in it. */
  readonly isWithoutCeiling?: boolean;
  /** One turn. Throws when not exactly the expected messages arrive. */
  measure(turn: Turn): Promise<Measured>;
}

/** A number that a case gives, by which the sides are compared. */
export interface Metric {
  /** Case and metric, `lines rate` for example: the key of its goal. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
}

/** What is the same for all turns. */
export interface Setup {
  readonly sizes: Sizes;
  /** A file of `sizes.longLines` lines of 1,000 bytes. */
  readonly longLinesPath: string;
}

/** What one turn works with. */
export interface Turn extends Setup {
  readonly server: Server;
  readonly processes: Processes;
  /** The server sends bytes instead of messages. */
  readonly isPlain: boolean;
}

/** What one turn gives: a value for each metric, in their order, and the server's processor time for one operation. */
export interface Measured {
  readonly values: readonly (number | undefined)[];
  readonly cpuUs?: number;
}
