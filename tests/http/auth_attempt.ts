/**
 * An authenticator, and attempts to be admitted by it.
 *
 * @module
 */
import { Authenticator } from "../../lib/http/auth/authenticator.ts";
import type { Identity } from "../../lib/http/auth/auth_method.ts";
import type { RequestHead } from "../../lib/http/exchange.ts";
import type { Visitor } from "../../lib/http/forwarded.ts";
import type { Refusal } from "../../lib/http/refuse.ts";
import { textResponse } from "../../lib/http/response.ts";
import { within } from "../helpers/deadline.ts";

/** What a request is, besides its headers. */
export interface AttemptOptions {
  readonly method?: string;
  /** Path and query. */
  readonly target?: string;
  readonly visitor?: Partial<Visitor>;
  readonly signal?: AbortSignal;
}

/** Somebody on this machine, without a proxy. */
export const VISITOR: Visitor = {
  hostname: "127.0.0.1",
  port: 4711,
  isSecure: false,
  certificate: null,
  isProxied: false,
};

/** An authenticator whose events are kept. Closed at the end of the scope it is declared in. */
export class Auth implements AsyncDisposable {
  /** What it told its user so far. */
  readonly problems: string[] = [];
  readonly authenticator: Authenticator;

  /** @param entries As for `--auth`. Those with a proxy in them believe any. */
  constructor(...entries: readonly string[]) {
    this.authenticator = new Authenticator(
      { auth: entries, trustProxy: ["10.0.0.1"] },
      (event) => {
        if (event.type !== "error") throw new Error(`Unexpected ${event.type}`);
        this.problems.push(event.message);
      },
    );
  }

  /** What a request with these headers gets. */
  async ask(
    headers: Readonly<Record<string, string>>,
    options: AttemptOptions = {},
  ): Promise<Identity | Refusal | Response> {
    const head = requestOf(headers, options);
    return await within(
      this.authenticator.authenticate(
        { ...head, signal: options.signal },
        { ...VISITOR, ...options.visitor },
        variables,
      ),
      "an answer",
    );
  }

  /** The user who is admitted, or `401` and the like. */
  async user(
    headers: Readonly<Record<string, string>>,
    options?: AttemptOptions,
  ): Promise<string | number> {
    const result = await this.ask(headers, options);
    return "user" in result ? result.user : result.status;
  }

  /** What of a request programs and logs see. */
  clean(
    headers: Readonly<Record<string, string>>,
    options: AttemptOptions = {},
  ): { readonly target: string; readonly headers: Record<string, string> } {
    const { url, headers: kept } = this.authenticator.clean(
      requestOf(headers, options),
      { ...VISITOR, ...options.visitor },
    );
    return {
      target: url.slice("http://localhost:8080".length),
      headers: Object.fromEntries(kept),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(this.authenticator.close(), "the authenticator to close");
  }
}

/** The head of a request, with its target as it was sent. */
export function requestOf(
  headers: Readonly<Record<string, string>>,
  { method = "GET", target = "/" }: AttemptOptions = {},
): RequestHead {
  return {
    method,
    url: `http://localhost:8080${target}`,
    headers: new Headers({ host: "localhost:8080", ...headers }),
  };
}

/** An `Authorization` header with a user and a password. */
export function basic(
  user: string,
  password: string,
): { readonly authorization: string } {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

/** Stand-ins for CGI variables: the headers and the query, and what it takes to find programs. */
function variables({ url, headers }: RequestHead): Record<string, string> {
  return {
    ...Object.fromEntries(
      [...headers].map((
        [name, value],
      ) => [`HTTP_${name.toUpperCase().replaceAll("-", "_")}`, value]),
    ),
    QUERY_STRING: url.split("?")[1] ?? "",
    PATH: Deno.env.get("PATH") ?? "",
    UNIQUE_ID: "not unique",
  };
}

/** Answers requests as the server does: who is admitted sees what a program would see. */
export async function answer(
  { authenticator }: Auth,
  request: Request,
): Promise<Response> {
  const result = await authenticator.authenticate(request, VISITOR, variables);
  if (result instanceof Response) return result;
  if ("reason" in result) {
    return textResponse(result.status, result.message, result.headers);
  }
  const { url, headers } = authenticator.clean(request, VISITOR);
  return Response.json({
    ...result,
    url,
    headers: Object.fromEntries(headers),
  });
}
