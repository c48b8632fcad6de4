/**
 * The wire engine: connections of our own, from the first byte on.
 *
 * @module
 */
import type { Client } from "../http/client.ts";
import { textResponse } from "../http/response.ts";
import { answer, opensWebSocket, openWebSocket } from "../http/router.ts";
import type { ResolvedOptions } from "../options.ts";
import type { Duplex } from "../socket/wire/duplex.ts";
import { type Head, urlOf } from "./head/head.ts";
import { readHead } from "./head/read_head.ts";
import { writeRefusal } from "./head/write_refusal.ts";
import { InnerServer } from "./inner_server.ts";
import { WireUpgrading } from "./wire_upgrading.ts";

/**
 * Serves connections: reads the head of a request and opens a WebSocket for it,
 * or hands the connection on to a `Deno.serve`, for this one request.
 */
export class WireServer {
  readonly #context: ResolvedOptions;
  readonly #inner: InnerServer<Client>;
  /** Connections whose head has not come yet. */
  readonly #reading = new Set<Duplex>();

  /** @throws {Error} If the runtime cannot listen on a port of its own. */
  constructor(context: ResolvedOptions) {
    this.#context = context;
    this.#inner = new InnerServer(
      (request, _, client) => answer(request, client, context),
      context.onEvent,
    );
  }

  /** Serves one connection to its end. Never rejects. */
  async serve(duplex: Duplex, client: Client): Promise<void> {
    this.#reading.add(duplex);
    const head = await readHead(duplex);
    this.#reading.delete(duplex);
    if (head === null) return close(duplex);
    if ("status" in head) {
      return writeRefusal(duplex, textResponse(head.status, head.message));
    }
    const { method, headers } = head;
    if (!opensWebSocket({ method, headers, url: "" }, this.#context)) {
      return this.#inner.answer(duplex, head, client);
    }
    const response = await this.#open(duplex, head, client);
    if (response !== null) await writeRefusal(duplex, response, { method });
  }

  /** Drops clients that have asked for nothing yet, lets answers leave that are on their way. Never rejects. */
  async shutdown(): Promise<void> {
    for (const duplex of this.#reading) close(duplex);
    await this.#inner.shutdown();
  }

  #open(
    duplex: Duplex,
    head: Head,
    client: Client,
  ): Promise<Response | null> {
    const { method, headers, early } = head;
    const url = urlOf(head, client.isSecure ? "https" : "http");
    const request = { method, url, headers };
    const upgrading = new WireUpgrading(duplex, request, early);
    return openWebSocket(request, client, upgrading, this.#context);
  }
}

function close(duplex: Duplex): void {
  try {
    duplex.close();
  } catch {
    // It has been closed before.
  }
}
