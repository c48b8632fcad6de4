/**
 * Which part of the server answers a request.
 *
 * @module
 */
import type { Client } from "./client.ts";
import type { Exchange, RequestHead, Responder } from "./exchange.ts";
import { asksForWebSocket } from "./handshake.ts";
import { whyHostRefused } from "./host.ts";
import { refuse } from "./refuse.ts";
import { describeRequest, targetOf } from "./request.ts";
import { addHeaders, type HeaderLine, textResponse } from "./response.ts";
import { upgrade, type UpgradeContext } from "./upgrade.ts";
import type { Upgrading } from "./upgrading.ts";

/** What routing needs to know, made once for each server. */
export interface RouteContext extends UpgradeContext {
  /** The parts that answer plain requests, in order. */
  readonly responders: readonly Responder[];
  readonly headersHttp: readonly HeaderLine[];
}

/** Answers a request: upgrades first. Null if the engine sends the answer by itself. Never rejects. */
export function route(
  request: Request,
  client: Client,
  upgrading: Upgrading,
  context: RouteContext,
): Promise<Response | null> {
  return asksForWebSocket(request.headers)
    ? openWebSocket(request, client, upgrading, context)
    : answer(request, client, context);
}

/** Answers a request for a WebSocket. Null if the engine sends the answer by itself. Never rejects. */
export function openWebSocket(
  request: RequestHead,
  client: Client,
  upgrading: Upgrading,
  context: RouteContext,
): Promise<Response | null> {
  return surely(context, () => {
    const exchange = exchangeOf(request, client);
    return upgrade(exchange, upgrading, context);
  });
}

/** Answers a plain request: by the first part that knows what to say, else 404. Never rejects. */
export function answer(
  request: Request,
  client: Client,
  context: RouteContext,
): Promise<Response> {
  return surely(context, async () => {
    const exchange = exchangeOf(request, client);
    const response = await respond(exchange, context);
    addHeaders(response.headers, context.headersHttp);
    return response;
  });
}

async function respond(
  exchange: Exchange,
  { responders, access, onEvent }: RouteContext,
): Promise<Response> {
  const { request, info } = exchange;
  if (responders.length > 0) {
    const refusal = whyHostRefused(request.headers, access.host);
    if (refusal !== null) return refuse(refusal, info, onEvent);
    for (const responder of responders) {
      const response = await responder(exchange);
      if (response !== null) return response;
    }
  }
  onEvent({
    type: "request",
    request: info,
    status: 404,
    message: "NOT FOUND",
  });
  return textResponse(
    404,
    "404 page not found: here is a WebSocket, open it with new WebSocket(url) or a WebSocket client",
  );
}

function exchangeOf<Head extends RequestHead>(
  request: Head,
  client: Client,
): Exchange<Head> {
  const target = targetOf(request);
  return { request, target, info: describeRequest(request, target, client) };
}

/** What should not happen is a 500 and an event. */
async function surely<Answer>(
  { onEvent }: RouteContext,
  answer: () => Promise<Answer>,
): Promise<Answer | Response> {
  try {
    return await answer();
  } catch (error) {
    onEvent({ type: "error", message: "Cannot answer a request", error });
    return textResponse(500, "This server failed: its log says how");
  }
}
