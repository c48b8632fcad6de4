/**
 * Which part of the server answers a request.
 *
 * @module
 */
import type { Client } from "./client.ts";
import { admit } from "./admit.ts";
import type { Arrival, Exchange, RequestHead, Responder } from "./exchange.ts";
import { clientBehindProxies, type TrustedProxies } from "./forwarded.ts";
import { asksForWebSocket } from "./handshake.ts";
import { whyHostRefused } from "./host.ts";
import { protocolOffer, withoutResumeTokens } from "./protocol_offer.ts";
import { refuse } from "./refuse.ts";
import { describeRequest, targetOf } from "./request.ts";
import { addHeaders, type HeaderLine, textResponse } from "./response.ts";
import { upgrade, type UpgradeContext } from "./upgrade.ts";
import type { Upgrading } from "./upgrading.ts";

/** What routing needs to know, made once for each server. */
export interface RouteContext extends UpgradeContext {
  /** Whom to believe about clients. */
  readonly isTrusted: TrustedProxies;
  /** The parts that answer plain requests to anybody, under any name. */
  readonly open: readonly Responder[];
  /** The parts that answer plain requests of who operates the server, before all others. */
  readonly operator: readonly Responder[];
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
  return opensWebSocket(request, context)
    ? openWebSocket(request, client, upgrading, context)
    : answer(request, client, context);
}

/** Whether a request is one for {@linkcode openWebSocket}. */
export function opensWebSocket(
  { headers }: RequestHead,
  { findProgram }: RouteContext,
): boolean {
  return findProgram !== null && asksForWebSocket(headers);
}

/** Answers a request for a WebSocket. Null if the engine sends the answer by itself. Never rejects. */
export function openWebSocket(
  raw: RequestHead,
  client: Client,
  upgrading: Upgrading,
  context: RouteContext,
): Promise<Response | null> {
  return surely(context, () => {
    const { subprotocol = [] } = context.handshake;
    const offer = protocolOffer(raw.headers, subprotocol);
    const clean = withoutResumeTokens(raw);
    const arrival = { ...arrivalOf(clean, client, context), raw: clean, offer };
    return upgrade(arrival, upgrading, context.findProgram!, context);
  });
}

/** Answers a plain request: by the first part that knows what to say, else 404. Never rejects. */
export function answer(
  raw: Request,
  client: Client,
  context: RouteContext,
): Promise<Response> {
  return surely(context, async () => {
    const arrival = arrivalOf(withoutResumeTokens(raw), client, context);
    const { body, signal } = raw;
    const request = { ...arrival.request, body, signal };
    const response = await respond({ ...arrival, raw, request }, context);
    addHeaders(response.headers, context.headersHttp);
    return response;
  });
}

async function respond(
  arrival: Arrival,
  context: RouteContext,
): Promise<Response> {
  const { onEvent, access, authenticator, findProgram } = context;
  const answer = await firstAnswer(arrival, context.open);
  if (answer !== null) return answer;
  const responders = [...context.operator, ...context.responders];
  let { info } = arrival;
  // A browser comes here with the link of `--auth=token`, also where there is only a program.
  const asks = findProgram !== null && authenticator.asks;
  if (responders.length > 0 || asks) {
    const refusal = whyHostRefused(arrival.request.headers, access.host);
    if (refusal !== null) return refuse(refusal, arrival.info, onEvent);
    const admitted = await admit(arrival, context);
    if (admitted instanceof Response) return admitted;
    info = admitted;
    const answer = await firstAnswer({ ...arrival, info }, responders);
    if (answer !== null) return answer;
  }
  onEvent({
    type: "request",
    request: info,
    status: 404,
    message: "NOT FOUND",
  });
  return textResponse(
    404,
    findProgram === null
      ? "404 page not found"
      : "404 page not found: here is a WebSocket, open it with new WebSocket(url), with connect(url) of /_client.js, or with a WebSocket client",
  );
}

/** What the first part answers that knows what to say. */
export async function firstAnswer(
  exchange: Exchange,
  responders: readonly Responder[],
): Promise<Response | null> {
  for (const responder of responders) {
    const response = await responder(exchange);
    if (response !== null) return response;
  }
  return null;
}

/** Everything about a request that does not depend on what it is for. */
function arrivalOf(
  raw: RequestHead,
  client: Client,
  { isTrusted, authenticator }: RouteContext,
): Omit<Arrival<RequestHead>, "raw"> {
  const visitor = clientBehindProxies(client, raw.headers, isTrusted);
  const { method, url, headers } = authenticator.clean(raw, visitor);
  const request = { method, url, headers };
  const target = targetOf(request);
  const info = describeRequest(request, target, visitor);
  return { request, target, info, visitor };
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
