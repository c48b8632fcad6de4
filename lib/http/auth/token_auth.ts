/**
 * Whoever has the token is admitted.
 *
 * @module
 */
import { asksForWebSocket } from "../handshake.ts";
import { textResponse } from "../response.ts";
import type { Attempt, AuthMethod, Identity } from "./auth_method.ts";
import { RereadFile } from "./reread_file.ts";
import {
  removeBearerProtocols,
  removeTokenCookies,
  tokenCookie,
  tokensInHeaders,
  tokensInUrl,
  withoutTokens,
} from "./token_request.ts";
import { keepToken, parseTokens, type Token, userOf } from "./tokens.ts";

/** Makes a token: 128 random bits, in characters that need no encoding anywhere. */
export function createToken(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}

const SEND =
  'send "Authorization: Bearer TOKEN", the subprotocol bearer.TOKEN or ?token=TOKEN';

/** Admits those with one token (`--auth=token`), or with one from a file (`--auth=token:FILE`). */
export class TokenAuth implements AuthMethod {
  readonly asksFor: string;
  readonly challenge = 'Bearer realm="websocketd"';
  readonly #tokens: () => readonly Token[] | Promise<readonly Token[]>;

  private constructor(
    asksFor: string,
    tokens: () => readonly Token[] | Promise<readonly Token[]>,
  ) {
    this.asksFor = asksFor;
    this.#tokens = tokens;
  }

  /** Admits those with one token. */
  static one(token: string): TokenAuth {
    const tokens = [keepToken(token)];
    return new TokenAuth(
      `a token, which it printed when it started: open the link with it, or ${SEND}`,
      () => tokens,
    );
  }

  /**
   * Admits those with one of the tokens in a file.
   *
   * @param onProblem Receives sentences for the log.
   * @throws {OptionError} If the file cannot be read, or has anything but tokens.
   */
  static file(path: string, onProblem: (message: string) => void): TokenAuth {
    const file = new RereadFile(path, {
      flag: "--auth=token",
      tooOpen: 0o006,
      parse: (text) =>
        parseTokens(text, (line) =>
          onProblem(
            `The token in line ${line} of "${path}" (--auth=token) is so short that it can be guessed: openssl rand -hex 16 makes a better one`,
          )),
      onProblem,
    });
    return new TokenAuth(`a token: ${SEND}`, () => file.current());
  }

  async check(attempt: Attempt): Promise<Identity | Response | null> {
    const tokens = await this.#tokens();
    const { request } = attempt;
    for (const token of tokensInUrl(request.url)) {
      const user = userOf(token, tokens);
      if (user === null) continue;
      return isPage(request)
        ? redirect(attempt, token)
        : { user, authType: "Bearer" };
    }
    for (const token of tokensInHeaders(request)) {
      const user = userOf(token, tokens);
      if (user !== null) return { user, authType: "Bearer" };
    }
    return null;
  }

  clean(headers: Headers): void {
    removeTokenCookies(headers);
    removeBearerProtocols(headers);
  }

  cleanUrl(url: string): string {
    return withoutTokens(url);
  }
}

/** Whether this is what a browser sends when somebody opens a link. */
function isPage({ method, headers }: Attempt["request"]): boolean {
  return (method === "GET" || method === "HEAD") && !asksForWebSocket(headers);
}

/** Sends the browser to the same address without the token, which it has in a cookie from then on. */
function redirect({ request, visitor }: Attempt, token: string): Response {
  const [, target] = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(request.url) ??
    ["", ""];
  // "//evil" and what browsers take for it would be another host.
  const here = withoutTokens(target).replace(/^[/\\\s]*/, "/");
  return textResponse(303, "The token is in a cookie now", [
    ["location", here],
    ["set-cookie", tokenCookie(token, request, visitor.isSecure)],
    ["cache-control", "no-store"],
    ["referrer-policy", "no-referrer"],
  ]);
}
