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

/** Answers a request: upgrades first, 404 for what nothing answers. Never rejects: what should not happen is a 500 and an event. */
export async function route(
  request: Request,
  info: Deno.ServeHandlerInfo,
  context: RouteContext,
): Promise<Response> {
  try {
    if (asksForWebSocket(request.headers)) {
      return await upgrade(request, info, context);
    }
    return notFound(request, info, context);
  } catch (error) {
    const message = "Cannot answer a request";
    context.onEvent({ type: "error", message, error });
    return textResponse(500, "This server failed: its log says how");
  }
}

function notFound(
  request: Request,
  info: Deno.ServeHandlerInfo,
  { onEvent, headersHttp }: RouteContext,
): Response {
  onEvent({
    type: "request",
    request: describeRequest(request, targetOf(request), clientOf(info)),
    status: 404,
    message: "NOT FOUND",
  });
  return textResponse(
    404,
    "404 page not found: here is a WebSocket, open it with new WebSocket(url) or a WebSocket client",
    headersHttp,
  );
}
