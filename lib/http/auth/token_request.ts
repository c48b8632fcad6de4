/**
 * Where a request carries a token: in the URL, in a cookie, as a WebSocket's
 * subprotocol, or in `Authorization`.
 *
 * @module
 */
import { parseHost } from "../host.ts";
import type { RequestHead } from "../exchange.ts";
import { offeredProtocols, removeProtocols } from "../offered_protocols.ts";
import { credentials } from "./credentials.ts";

/** The parameter of the URL. */
const PARAMETER = "token";
/** How the subprotocol begins: the one thing that a page can say when it opens a WebSocket. */
const PROTOCOL = "bearer.";
const COOKIE = "websocketd_token";
/** Of this server or of another on this host: browsers send cookies to every port. */
const OUR_COOKIE = /^websocketd_token(?:_\d+)?$/;
/** No honest client sends more. */
const AT_MOST = 8;

/** The tokens in a URL. */
export function tokensInUrl(url: string): string[] {
  return parametersOf(url).map(tokenIn).filter((token) => token !== null)
    .slice(0, AT_MOST);
}

/** The tokens in the headers of a request. */
export function tokensInHeaders(request: RequestHead): string[] {
  const { headers } = request;
  const own = cookieName(request);
  const inCookies = cookiesOf(headers)
    .filter((cookie) => nameOf(cookie) === own)
    .map((cookie) => percentDecoded(cookie.slice(cookie.indexOf("=") + 1)));
  const inProtocols = offeredProtocols(headers)
    .filter(isBearer)
    .map((protocol) => protocol.slice(PROTOCOL.length));
  const bearer = credentials(headers, "bearer");
  return [...(bearer === null ? [] : [bearer]), ...inProtocols, ...inCookies]
    .slice(0, AT_MOST);
}

/** The cookie that carries a token from now on, until the browser ends. */
export function tokenCookie(
  token: string,
  request: RequestHead,
  isSecure: boolean,
): string {
  return `${cookieName(request)}=${
    encodeURIComponent(token)
  }; Path=/; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}

/** The URL without tokens. All else stays as it was written. */
export function withoutTokens(url: string): string {
  const mark = url.indexOf("?");
  if (mark === -1) return url;
  const kept = parametersOf(url).filter((pair) => tokenIn(pair) === null);
  const base = url.slice(0, mark);
  return kept.length === 0 ? base : `${base}?${kept.join("&")}`;
}

/** Removes the cookies of this kind of server. */
export function removeTokenCookies(headers: Headers): void {
  const cookies = cookiesOf(headers);
  const kept = cookies.filter((cookie) => !OUR_COOKIE.test(nameOf(cookie)));
  if (kept.length === cookies.length) return;
  if (kept.length === 0) headers.delete("cookie");
  else headers.set("cookie", kept.join("; "));
}

/** Removes the subprotocols that are tokens. */
export function removeBearerProtocols(headers: Headers): void {
  removeProtocols(headers, isBearer);
}

/** The first subprotocol that is a token, or null. */
export function bearerProtocol(headers: Headers): string | null {
  return offeredProtocols(headers).find(isBearer) ?? null;
}

/** Browsers send a cookie to all ports of a host: so it has the port in its name, as the browser sees it. */
function cookieName({ headers, url }: RequestHead): string {
  // HTTP/2 has the host in the URL only.
  const host = headers.get("host") ?? url.split("/", 3)[2] ?? "";
  const port = parseHost(host)?.port;
  return port ? `${COOKIE}_${port}` : COOKIE;
}

function parametersOf(url: string): string[] {
  const mark = url.indexOf("?");
  return mark === -1 ? [] : url.slice(mark + 1).split("&");
}

/** The token that a parameter is, however its name is encoded, or null. */
function tokenIn(pair: string): string | null {
  return new URLSearchParams(pair).get(PARAMETER);
}

function cookiesOf(headers: Headers): string[] {
  const header = headers.get("cookie");
  return header === null ? [] : header.split(";").map((pair) => pair.trim());
}

function nameOf(cookie: string): string {
  return cookie.split("=", 1)[0].trim();
}

function isBearer(protocol: string): boolean {
  return protocol.startsWith(PROTOCOL);
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
