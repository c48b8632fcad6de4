/**
 * What connects a server to others that serve the same programs.
 *
 * @module
 */
import { Broker } from "./broker.ts";
import { type RelayedHub, RelayedProgram } from "./relayed_program.ts";
import type { RelayPlace } from "./relay_url.ts";

/** How long to wait before a broker that was not there is asked for again, in milliseconds. */
const AGAIN_MS = 2000;

/**
 * Several servers, one program.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * // Connects with its first client.
 * const shared = handler({
 *   command: "cat",
 *   share: "all",
 *   relay: "nats://localhost/chat",
 * });
 * await shared.drain();
 * ```
 */
export interface RelayOptions {
  /**
   * Address of a NATS server with JetStream, such as `nats://10.0.0.1/group`:
   * all servers of a group have the shared programs in common. One of them runs
   * a program, and when that one ends, another. Default: none.
   */
  readonly relay?: string;
}

/** What is heard of a relay. */
export type RelaySink = (isConnected: boolean, message: string) => void;

/** Shares programs through a broker, from the moment when that is there. */
export class Relay {
  readonly #place: RelayPlace;
  readonly #onChange: RelaySink;
  readonly #server = crypto.randomUUID();
  readonly #closed = Promise.withResolvers<null>();
  #isClosed = false;
  #connecting: Promise<Broker> | null = null;
  #broker: Promise<Broker | null> | null = null;

  constructor(place: RelayPlace, onChange: RelaySink) {
    this.#place = place;
    this.#onChange = onChange;
  }

  /**
   * Connects, if it has not been done.
   *
   * @throws {Error} If the broker cannot be reached or used; the message says what to do.
   */
  async connect(): Promise<void> {
    await (this.#connecting ??= Broker.connect(this.#place, {
      onChange: this.#onChange,
    }));
  }

  /** Takes part in the program of a key, as soon as a broker is there. Null if it is closed before. Never rejects. */
  async open<End>(
    key: string,
    hub: RelayedHub<End>,
  ): Promise<RelayedProgram<End> | null> {
    this.#broker ??= this.#await();
    const broker = await this.#broker;
    if (broker === null || this.#isClosed) return null;
    return new RelayedProgram(broker, key, this.#server, hub);
  }

  /** Leaves the others. What takes part in programs is to be closed before. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closed.resolve(null);
    try {
      await (await this.#connecting)?.close();
    } catch {
      // It was never there.
    }
  }

  async #await(): Promise<Broker | null> {
    while (!this.#isClosed) {
      try {
        await this.connect();
        return await this.#connecting;
      } catch (error) {
        this.#connecting = null;
        this.#onChange(false, error instanceof Error ? error.message : "");
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      const again = new Promise((resolve) => {
        timer = setTimeout(resolve, AGAIN_MS);
      });
      await Promise.race([again, this.#closed.promise]);
      clearTimeout(timer);
    }
    return null;
  }
}
