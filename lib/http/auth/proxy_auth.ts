/**
 * A proxy has found out who the client is.
 *
 * @module
 */
import { OptionError } from "../../errors.ts";
import { isToken } from "../../http_token.ts";
import type { Visitor } from "../forwarded.ts";
import type { Attempt, AuthMethod, Identity } from "./auth_method.ts";
import { userName } from "./user_name.ts";

/** Admits whom a trusted proxy names in a header (`--auth=header:NAME`). */
export class ProxyAuth implements AuthMethod {
  readonly asksFor = "a login at the proxy in front of it (--trustproxy)";
  readonly challenge = null;
  readonly #header: string;

  /** @throws {OptionError} If it cannot be the name of a header. */
  constructor(header: string) {
    if (!isToken(header)) {
      throw new OptionError(
        `Cannot use ${
          JSON.stringify(header)
        } for --auth=header: write the name of a header, as in header:X-Remote-User`,
      );
    }
    this.#header = header.toLowerCase();
  }

  check({ request, visitor }: Attempt): Promise<Identity | null> {
    const value = visitor.isProxied ? request.headers.get(this.#header) : null;
    const user = value === null ? null : userName(asText(value) ?? "");
    return Promise.resolve(user ? { user, authType: "Proxy" } : null);
  }

  /** To a program, `X-User` and `X_User` are the same. */
  clean(headers: Headers, visitor: Visitor): void {
    for (const name of [...headers.keys()]) {
      const isOurs = name.replaceAll("-", "_") ===
        this.#header.replaceAll("-", "_");
      const isBelieved = visitor.isProxied && name === this.#header;
      if (isOurs && !isBelieved) headers.delete(name);
    }
  }
}

/** A header's value, of which the runtime shows each byte as a character, as UTF-8; null if it is none. */
function asText(value: string): string | null {
  const bytes = Uint8Array.from(value, (byte) => byte.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
