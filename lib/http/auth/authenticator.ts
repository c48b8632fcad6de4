/**
 * Who may use this server, and how they prove it.
 *
 * @module
 */
import { OptionError } from "../../errors.ts";
import type { EventSink } from "../../events.ts";
import type { RequestHead } from "../exchange.ts";
import type { ProxyOptions, Visitor } from "../forwarded.ts";
import type { Refusal } from "../refuse.ts";
import type { HeaderLine } from "../response.ts";
import type { AuthMethod, Identity } from "./auth_method.ts";
import { BasicAuth } from "./basic_auth.ts";
import { ProgramAuth } from "./program_auth.ts";
import { ProxyAuth } from "./proxy_auth.ts";
import { createToken, TokenAuth } from "./token_auth.ts";
import {
  bearerProtocol,
  tokensInHeaders,
  tokensInUrl,
} from "./token_request.ts";
import { type LoginCount, WrongLogins } from "./wrong_logins.ts";

/**
 * Who is admitted.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * // Whom a program of yours admits: it gets the CGI variables, and exits with 0.
 * const admitsAll = handler({ command: "cat", auth: ["exec:true"] });
 * await admitsAll.drain();
 * ```
 */
export interface AuthOptions extends ProxyOptions {
  /**
   * Ways to prove who one is; any one admits. `basic:FILE` asks for a user and
   * a password of an htpasswd file with bcrypt hashes, `token` for a random
   * token, `token:FILE` for one of the file's lines `TOKEN` or `USER TOKEN`.
   * `header:NAME` believes a proxy of `trustProxy`, `exec:PROGRAM` asks a
   * program. Files are read again when they change.
   *
   * @default {[]}
   */
  readonly auth?: readonly string[];
}

/** Admits clients, and keeps from programs and logs what they have proved it with. */
export class Authenticator {
  /** The cheapest first. */
  #methods: readonly AuthMethod[];
  #token: string | null;
  /** The method that takes the random token. */
  #random: AuthMethod | null = null;
  #wrong: LoginCount = new WrongLogins();

  /**
   * @param onEvent Receives an `error` for what the user of the server should know, also later.
   * @throws {OptionError} If an entry cannot be used.
   */
  constructor(
    { auth = [], trustProxy = [] }: AuthOptions,
    onEvent: EventSink,
  ) {
    const onProblem = (message: string) => onEvent({ type: "error", message });
    const entries = [...new Set(auth)].map(parseEntry)
      .sort((one, other) =>
        KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind)
      );
    this.#token = entries.some(isRandomToken) ? createToken() : null;
    this.#methods = entries.map(({ kind, value }) => {
      switch (kind) {
        case "header":
          if (trustProxy.length > 0) return new ProxyAuth(value);
          throw new OptionError(
            `Cannot use --auth=header:${value} without --trustproxy: name the proxy whose word counts, as in --trustproxy=127.0.0.1`,
          );
        case "token":
          return value === ""
            ? this.#random = TokenAuth.one(this.#token!)
            : TokenAuth.file(value, onProblem);
        case "basic":
          return new BasicAuth(value, onProblem);
        case "exec":
          return new ProgramAuth(value, onProblem);
      }
    });
  }

  /** Whether anybody has to prove anything. */
  get asks(): boolean {
    return this.#methods.length > 0;
  }

  /** Takes the random token of another server for its own, if it has one: the two serve the same clients. */
  shareToken(token: string): void {
    if (this.#token === null) return;
    const before = this.#random;
    const random = this.#random = TokenAuth.one(token);
    this.#token = token;
    this.#methods = this.#methods.map((method) =>
      method === before ? random : method
    );
  }

  /** Counts wrong logins together with other servers of the same clients. */
  shareWrongLogins(wrong: LoginCount): void {
    this.#wrong = wrong;
  }

  /** The random token, if there is one. Here and in the link only is it written. */
  get token(): string | null {
    return this.#token;
  }

  /** What to open in a browser, if there is a random token. */
  link(base: string): string | null {
    if (this.#token === null) return null;
    const url = new URL(base);
    url.searchParams.set("token", this.#token);
    return url.href;
  }

  /**
   * The request as programs and logs may see it: without tokens, without
   * `Authorization`, and without a proxy's header that no proxy has sent. The
   * same object if nobody has to prove anything.
   */
  clean(request: RequestHead, visitor: Visitor): RequestHead {
    if (this.#methods.length === 0) return request;
    const cleaned = cleanedBy(this.#methods, request, visitor);
    cleaned.headers.delete("authorization");
    return cleaned;
  }

  /**
   * The subprotocol to answer with if none of those in the cleaned request is
   * chosen: the client's token. Browsers that have offered any insist on one.
   *
   * @param headers Those of the request as it came.
   */
  fallbackProtocol(headers: Headers): string | null {
    return this.#methods.some(takesBearer) ? bearerProtocol(headers) : null;
  }

  /**
   * Finds out who a client is. A response redirects a browser that has come
   * with a token in its URL.
   *
   * @param request As it came.
   * @param env Makes CGI variables of a request, for a program that decides.
   * @throws {Error} If the package that checks passwords cannot be loaded.
   */
  async authenticate(
    request: RequestHead & { readonly signal?: AbortSignal },
    visitor: Visitor,
    env: (request: RequestHead) => Readonly<Record<string, string>>,
  ): Promise<Identity | Refusal | Response> {
    if (this.#methods.length === 0) return NOBODY;
    const attempt = {
      request,
      visitor,
      env: () => env(this.#forProgram(request, visitor)),
      signal: request.signal,
    };
    const address = visitor.hostname;
    const isGuess = this.#proves(request) &&
      this.#methods.some((method) => this.#canBeGuessed(method));
    const waitSeconds = isGuess ? await this.#wrong.waitSeconds(address) : 0;
    let refusal: Refusal | null = null;
    for (const method of this.#methods) {
      if (waitSeconds > 0 && this.#canBeGuessed(method)) continue;
      const result = await method.check(attempt);
      if (result === null) continue;
      if (!("reason" in result)) return result;
      refusal ??= result;
    }
    if (waitSeconds > 0) return tooManyWrong(waitSeconds);
    refusal ??= this.#asking();
    if (isGuess && refusal.status === 401) await this.#wrong.add(address);
    return this.#challenging(refusal);
  }

  /** Whether a request tries to prove something, right or wrong. */
  #proves(request: RequestHead): boolean {
    return request.headers.has("authorization") ||
      this.#methods.some(takesBearer) &&
        (tokensInHeaders(request).length > 0 ||
          tokensInUrl(request.url).length > 0);
  }

  /** Whether trying leads anywhere: it does not with 128 random bits, nor with a header that only proxies send. */
  #canBeGuessed(method: AuthMethod): boolean {
    return method !== this.#random && !(method instanceof ProxyAuth);
  }

  /** Ends what is under way. Resolves when no program is left. Never rejects. */
  async close(): Promise<void> {
    await Promise.all(this.#methods.map((method) => method.close?.()));
  }

  /** The request as a program sees it that decides: with what the client wants to prove to it, without what is the other methods'. */
  #forProgram(request: RequestHead, visitor: Visitor): RequestHead {
    const others = this.#methods.filter((method) =>
      !(method instanceof ProgramAuth)
    );
    return cleanedBy(others, request, visitor);
  }

  #asking(): Refusal {
    const asked = new Set(this.#methods.map(({ asksFor }) => asksFor));
    return {
      status: 401,
      reason: "auth",
      message: `This server asks for ${[...asked].join(", or ")}`,
    };
  }

  /** Says in which ways a client can prove who it is. */
  #challenging(refusal: Refusal): Refusal {
    if (refusal.status !== 401) return refusal;
    const challenges = new Set(this.#methods.map(({ challenge }) => challenge));
    const headers = [...challenges]
      .filter((challenge) => challenge !== null)
      .map((challenge): HeaderLine => ["www-authenticate", challenge]);
    return { ...refusal, headers };
  }
}

/** For those who have been wrong too often. */
function tooManyWrong(seconds: number): Refusal {
  return {
    status: 429,
    reason: "auth",
    message:
      `Too many wrong logins have come from this address (--auth): try again in ${seconds} s`,
    headers: [["retry-after", String(seconds)]],
  };
}

/** Who comes to a server that asks nobody. */
const NOBODY: Identity = { user: "", authType: "" };

/** The kinds of entries, in the order they are tried: the cheapest first. */
const KINDS = ["header", "token", "basic", "exec"] as const;

interface Entry {
  readonly kind: typeof KINDS[number];
  /** What stands behind the colon; empty if there is none. */
  readonly value: string;
}

/** @throws {OptionError} If it is not written like one. */
function parseEntry(entry: string): Entry {
  const colon = entry.indexOf(":");
  const name = colon === -1 ? entry : entry.slice(0, colon);
  const value = colon === -1 ? "" : entry.slice(colon + 1);
  const kind = KINDS.find((kind) => kind === name);
  if (kind === undefined || (value === "" && entry !== "token")) {
    throw new OptionError(
      `Cannot use ${
        JSON.stringify(entry)
      } for auth (--auth): write basic:FILE, token, token:FILE, header:NAME or exec:PROGRAM`,
    );
  }
  return { kind, value };
}

function isRandomToken({ kind, value }: Entry): boolean {
  return kind === "token" && value === "";
}

function takesBearer(method: AuthMethod): boolean {
  return method instanceof TokenAuth || method instanceof ProgramAuth;
}

function cleanedBy(
  methods: readonly AuthMethod[],
  request: RequestHead,
  visitor: Visitor,
): RequestHead {
  const headers = new Headers(request.headers);
  let { url } = request;
  for (const method of methods) {
    method.clean?.(headers, visitor);
    url = method.cleanUrl?.(url) ?? url;
  }
  return { method: request.method, url, headers };
}
