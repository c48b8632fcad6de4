/**
 * The client's half of the opening handshake (RFC 6455 §4.2.1). The runtime
 * looks at neither method nor version nor the length of the key.
 *
 * @module
 */
import type { RequestHead } from "./exchange.ts";
import { listOf } from "./header_list.ts";
import type { Refusal } from "./refuse.ts";

/** Whether a request asks for a WebSocket. */
export function asksForWebSocket(headers: Headers): boolean {
  return hasToken(headers.get("upgrade"), "websocket");
}

/** Checks a handshake. Returns null if it is right. */
export function whyHandshakeRefused(request: RequestHead): Refusal | null {
  const { headers, method } = request;
  if (method !== "GET") {
    return {
      status: 405,
      reason: "method",
      message: `A WebSocket begins with GET, not ${method}`,
      headers: [["allow", "GET"]],
    };
  }
  if (!hasToken(headers.get("connection"), "upgrade")) {
    return bad(
      'needs the header "Connection: Upgrade" (a proxy in between may remove it)',
    );
  }
  const version = headers.get("sec-websocket-version");
  if (version !== "13") {
    return {
      status: 426,
      reason: "version",
      message: version === null
        ? 'A WebSocket handshake needs the header "Sec-WebSocket-Version: 13"'
        : `This server speaks WebSocket version 13, not ${
          JSON.stringify(version)
        }`,
      headers: [["sec-websocket-version", "13"], ["upgrade", "websocket"]],
    };
  }
  const key = headers.get("sec-websocket-key") ?? "";
  // 16 bytes in base64 are 22 characters and two equal signs.
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) {
    return bad('needs a "Sec-WebSocket-Key" of 16 bytes in base64');
  }
  return null;
}

/**
 * Chooses the subprotocol: the first of the server's own that the client
 * offers, or null (RFC 6455 §4.2.2).
 */
export function chooseSubprotocol(
  offered: string | null,
  supported: readonly string[],
): string | null {
  const offers = listOf(offered);
  return supported.find((name) => offers.includes(name)) ?? null;
}

function bad(what: string): Refusal {
  return badHandshake(`A WebSocket handshake ${what}`);
}

/** A handshake that cannot be answered with a WebSocket. */
export function badHandshake(message: string): Refusal {
  return { status: 400, reason: "handshake", message };
}

function hasToken(header: string | null, token: string): boolean {
  return listOf(header).some((entry) => entry.toLowerCase() === token);
}
