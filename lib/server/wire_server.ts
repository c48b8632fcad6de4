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
import type { RequestInfo } from "../events.ts";
import { closeQuietly } from "./close_quietly.ts";
import { answerBytes } from "./head/answer_bytes.ts";
import { type Head, type HeadRefusal, urlOf } from "./head/head.ts";
import { readHead } from "./head/read_head.ts";
import { writeRefusal } from "./head/write_refusal.ts";
import { InnerServer } from "./inner_server.ts";
import { WireUpgrading } from "./wire_upgrading.ts";
import { writeAll } from "./write_all.ts";

/** Handshakes that one connection may try. Their answers fit into what the system keeps of them: nobody waits for a client that reads none. */
const TRIES = 8;

/** A request of which nothing is certain. */
const UNREADABLE: Omit<
  RequestInfo,
  "remoteAddr" | "remoteHost" | "remotePort"
> = {
  method: "",
  url: "",
  origin: null,
  user: "",
  authType: "",
  certificate: null,
  requestId: null,
};

/**
 * Serves connections: reads the head of a request and opens a WebSocket for it,
 * or hands the connection on to a `Deno.serve`, for this one request.
 */
export class WireServer {
  readonly #context: ResolvedOptions;
  readonly #inner: InnerServer<Client>;
  /** Connections whose head has not come yet. */
  readonly #reading = new Set<Duplex>();
  #isDown = false;

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
    let early: Uint8Array | undefined;
    for (let tries = TRIES; tries > 0; tries--) {
      early = await this.#serveRequest(duplex, client, {
        early,
        isLast: tries === 1,
      });
      if (early === undefined) return;
    }
  }

  /** Serves one request. What was read behind it, if another may follow on the connection. */
  async #serveRequest(
    duplex: Duplex,
    client: Client,
    { early, isLast }: {
      readonly early: Uint8Array | undefined;
      readonly isLast: boolean;
    },
  ): Promise<Uint8Array | undefined> {
    if (this.#isDown) return closeQuietly(duplex);
    this.#reading.add(duplex);
    const head = await readHead(duplex, { early });
    this.#reading.delete(duplex);
    if (head === null) return closeQuietly(duplex);
    if ("status" in head) {
      await writeRefusal(duplex, this.#refusal(client, head));
      return;
    }
    const { method, headers, version, bodySize } = head;
    if (!opensWebSocket({ method, headers, url: "" }, this.#context)) {
      await this.#inner.answer(duplex, head, client);
      return;
    }
    const response = await this.#open(duplex, head, client);
    if (response === null) return;
    const asksForEnd = /\bclose\b/i.test(headers.get("connection") ?? "");
    if (isLast || version !== "1.1" || bodySize > 0 || asksForEnd) {
      await writeRefusal(duplex, response, { method });
      return;
    }
    // A browser that is asked for a password tries again where it is.
    try {
      const answer = { method, keepAlive: true };
      await writeAll(duplex, await answerBytes(response, answer));
      return head.early;
    } catch {
      return closeQuietly(duplex);
    }
  }

  #refusal(
    { hostname, port, certificate }: Client,
    { status, message }: HeadRefusal,
  ): Response {
    this.#context.onEvent({
      type: "session.refused",
      request: {
        ...UNREADABLE,
        remoteAddr: hostname,
        remoteHost: hostname,
        remotePort: port,
        certificate,
      },
      status,
      reason: "handshake",
      message,
    });
    return textResponse(status, message);
  }

  /** Drops clients that have asked for nothing yet, lets answers leave that are on their way. Never rejects. */
  async shutdown(): Promise<void> {
    this.#isDown = true;
    for (const duplex of this.#reading) closeQuietly(duplex);
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
    const upgrading = new WireUpgrading(duplex, request, early, client);
    return openWebSocket(request, client, upgrading, this.#context);
  }
}
