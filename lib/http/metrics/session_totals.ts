import type { Traffic } from "../../events.ts";
import type { Stalls } from "../../socket/stall_clock.ts";

/** What one session has carried, so far or in all. */
export interface Carried {
  /** From the program to the client. */
  readonly sent: Traffic;
  /** From the client to the program. */
  readonly received: Traffic;
  /** How often one side held the other back; missing if nobody counts. */
  readonly stalls?: {
    /** The client was behind. */
    readonly client: Stalls;
    /** The program was behind. */
    readonly program: Stalls;
  };
}

/** Sums over sessions. */
export class SessionTotals {
  readonly sent = { messages: 0, bytes: 0 };
  readonly received = { messages: 0, bytes: 0 };
  readonly stalls = {
    client: { count: 0, ms: 0 },
    program: { count: 0, ms: 0 },
  };

  /** Adds what one session, or many, have carried. */
  add({ sent, received, stalls }: Carried): void {
    addTraffic(this.sent, sent);
    addTraffic(this.received, received);
    if (stalls === undefined) return;
    addStalls(this.stalls.client, stalls.client);
    addStalls(this.stalls.program, stalls.program);
  }
}

function addTraffic(
  sum: { messages: number; bytes: number },
  { messages, bytes }: Traffic,
): void {
  sum.messages += messages;
  sum.bytes += bytes;
}

function addStalls(
  sum: { count: number; ms: number },
  { count, ms }: Stalls,
): void {
  sum.count += count;
  sum.ms += ms;
}
