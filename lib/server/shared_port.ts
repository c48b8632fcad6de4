/**
 * A port that several servers of one process listen on.
 *
 * @module
 */
import { listen, type Listening, type TcpPlace } from "./listen.ts";
import type { ListenPlan } from "./serve_options.ts";

/** Where the servers listen that share a port. The system gives each new client to one of them. */
export class SharedPort {
  #places: readonly TcpPlace[] | null;

  /** @param places Where the others listen, or null for the first server. */
  constructor(places: readonly TcpPlace[] | null) {
    this.#places = places;
  }

  /** Where it takes to listen for the next server. Empty before `listen`. */
  get places(): readonly TcpPlace[] {
    return this.#places ?? [];
  }

  /**
   * Listens where the others do. The first listens as if it were alone.
   *
   * @throws {ListenError} If an address cannot be listened on; another program that listens there, even if it shares its port, is a reason.
   */
  async listen(
    { address, port }: ListenPlan,
    open: (place: TcpPlace) => Promise<Listening>,
  ): Promise<Listening[]> {
    if (this.#places !== null) {
      const [{ port }] = this.#places;
      return await listen(
        this.#places.map(({ hostname }) => hostname),
        port,
        (place) => open({ ...place, reusePort: true }),
      );
    }
    // By what was asked for: an address of a listener has lost its zone.
    const hostnames = new Map<Listening, string>();
    const listeners = await listen(address, port, async (place) => {
      // A port is shared with whoever asks for that. Only who does not is told that it is in use.
      if (place.port !== 0) Deno.listen({ ...place }).close();
      const listening = await open({ ...place, reusePort: true });
      hostnames.set(listening, place.hostname);
      return listening;
    });
    this.#places = listeners.map((listening) => ({
      hostname: hostnames.get(listening)!,
      port: (listening.addr as Deno.NetAddr).port,
    }));
    return listeners;
  }
}
