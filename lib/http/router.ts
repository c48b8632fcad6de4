/**
 * Which part of the server answers a request.
 *
 * @module
 */
import { asksForWebSocket } from "./handshake.ts";
import { clientOf, describeRequest, targetOf } from "./request.ts";
import { type HeaderLine, textResponse } from "./response.ts";
import { upgrade, type UpgradeContext } from "./upgrade.ts";

/** What routing needs to know, made once for each server. */
export interface RouteContext extends UpgradeContext {
  readonly headersHttp: readonly HeaderLine[];
}

/** Answers a request: upgrades first, 404 for what nothing answers. */
export async function route(
  request: Request,
  info: Deno.ServeHandlerInfo,
  context: RouteContext,
): Promise<Response> {
  if (asksForWebSocket(request.headers)) {
    return await upgrade(request, info, context);
  }
  return notFound(request, info, context);
}

function notFound(
  request: Request,
  info: Deno.ServeHandlerInfo,
  { onEvent, headersHttp }: RouteContext,
): Response {
  const client = clientOf(info);
  onEvent({
    type: "request",
    request: describeRequest(
      request,
      targetOf(request),
      client,
      client.hostname,
    ),
    status: 404,
    message: "NOT FOUND",
  });
  return textResponse(
    404,
    "404 page not found: here is a WebSocket, open it with new WebSocket(url) or a WebSocket client",
    headersHttp,
  );
}
