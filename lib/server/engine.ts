/**
 * How connections are served: by the runtime, or by this library.
 *
 * @module
 */
import { answerNatively } from "../handler.ts";
import { clientOf } from "../http/client.ts";
import type { ResolvedOptions } from "../options.ts";
import { Acceptor } from "./acceptor.ts";
import type { Listening, TcpPlace } from "./listen.ts";
import { Listener } from "./listener.ts";
import type { ListenPlan } from "./serve_options.ts";
import { WireServer } from "./wire_server.ts";

/** Opens places to listen on, and serves who comes there. */
export class Engine {
  readonly #plan: ListenPlan;
  readonly #context: ResolvedOptions;
  readonly #wire: WireServer | null;

  /** @throws {Error} If the runtime cannot listen on a port of its own. */
  constructor(plan: ListenPlan, context: ResolvedOptions) {
    this.#plan = plan;
    this.#context = context;
    this.#wire = plan.engine === "wire" ? new WireServer(context) : null;
  }

  /** Listens. Rejects with whatever the runtime throws if it cannot. */
  open(place: TcpPlace): Promise<Listening> {
    return Promise.resolve(
      this.#wire === null
        ? this.#native(place)
        : this.#accept(this.#wire, Deno.listen({ ...place })),
    );
  }

  /** Ends what has been left open when nothing is listened on any more. Never rejects. */
  async shutdown(): Promise<void> {
    await this.#wire?.shutdown();
  }

  #native(place: TcpPlace): Listening {
    const context = this.#context;
    return new Listener(
      place,
      (request, info) => answerNatively(request, info, context),
      context.onEvent,
    );
  }

  #accept(wire: WireServer, listener: Deno.TcpListener): Listening {
    return new Acceptor(listener, (conn) => {
      try {
        // A message waits for nothing (Nagle's algorithm holds the second back).
        conn.setNoDelay(true);
      } catch {
        // The client has left already, which reading will show.
      }
      void wire.serve(conn, clientOf(conn));
    }, this.#context.onEvent);
  }
}
