/**
 * A user name and a password (RFC 7617), from an htpasswd file.
 *
 * @module
 */
import type { Refusal } from "../refuse.ts";
import type { Attempt, AuthMethod, Identity } from "./auth_method.ts";
import { BUSY } from "./busy.ts";
import { credentials } from "./credentials.ts";
import { parseHtpasswd, type Users } from "./htpasswd.ts";
import { PasswordChecker } from "./password_checker.ts";
import { RereadFile } from "./reread_file.ts";

/** Asks a browser for a user name and a password, and to send them as UTF-8. */
export const BASIC_CHALLENGE = 'Basic realm="websocketd", charset="UTF-8"';

/** What bcrypt looks at, in bytes; it takes all longer passwords that begin alike for the same. */
const LONGEST_PASSWORD = 72;
const TOO_LONG: Refusal = {
  status: 401,
  reason: "auth",
  message:
    `The password is longer than the ${LONGEST_PASSWORD} bytes that bcrypt looks at: set a shorter one`,
};

/** Admits the users of an htpasswd file with bcrypt hashes (`--auth=basic:FILE`). */
export class BasicAuth implements AuthMethod {
  readonly asksFor = "a user name and a password";
  readonly challenge = BASIC_CHALLENGE;
  readonly #users: RereadFile<Users>;
  readonly #passwords = new PasswordChecker();

  /**
   * @param onProblem Receives sentences for the log.
   * @throws {OptionError} If the file cannot be read, or has anything but bcrypt hashes.
   */
  constructor(path: string, onProblem: (message: string) => void) {
    this.#users = new RereadFile(path, {
      flag: "--auth=basic",
      tooOpen: 0o002,
      parse: parseHtpasswd,
      onProblem,
    });
  }

  async check(
    { request, visitor }: Attempt,
  ): Promise<Identity | Refusal | null> {
    const login = loginOf(request.headers);
    if (login === null) return null;
    const { user, password } = login;
    if (new TextEncoder().encode(password).length > LONGEST_PASSWORD) {
      return TOO_LONG;
    }
    const users = await this.#users.current();
    const hash = users.get(user);
    // A user who does not exist must take as long as a wrong password.
    const [anyHash] = users.values();
    const isRight = await this.#passwords.isRight(
      password,
      hash ?? anyHash,
      visitor.hostname,
    );
    if (isRight === null) return BUSY;
    return isRight && hash !== undefined ? { user, authType: "Basic" } : null;
  }

  close(): Promise<void> {
    return this.#passwords.close();
  }
}

interface Login {
  readonly user: string;
  readonly password: string;
}

/** User and password of an `Authorization` header; null if there are none. A password may have colons in it, a user name none. */
function loginOf(headers: Headers): Login | null {
  const encoded = credentials(headers, "basic");
  if (encoded === null) return null;
  let text: string;
  try {
    const bytes = Uint8Array.from(atob(encoded), (byte) => byte.charCodeAt(0));
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
  const colon = text.indexOf(":");
  // RFC 7617 §2 has no control characters, and implementations of bcrypt end at NUL.
  if (colon === -1 || /\p{Cc}/u.test(text)) return null;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
