/**
 * The file that `htpasswd -B` writes.
 *
 * @module
 */
import { OptionError } from "../../errors.ts";
import { userName } from "./user_name.ts";

/** Hashes by user. */
export type Users = ReadonlyMap<string, string>;

/** $2a$, $2b$ and $2y$ are the same but for bugs of old implementations; cost, salt and hash follow. */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** Each step doubles the time: 15 takes more than two seconds of a processor for one password. */
const HIGHEST_COST = 15;

/**
 * Reads lines `USER:HASH`; those that are empty or begin with `#` are left out,
 * as is what stands behind a second colon.
 *
 * @throws {OptionError} If a line is something else. The message has the line's number and nothing of its content.
 */
export function parseHtpasswd(text: string): Users {
  const users = new Map<string, string>();
  for (const [index, untrimmed] of text.split("\n").entries()) {
    const line = untrimmed.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [user, hash = ""] = line.split(":");
    const wrong = whyWrong(user, hash) ??
      (users.has(user) ? "names a user a second time: remove one" : null);
    if (wrong !== null) throw new OptionError(`line ${index + 1} ${wrong}`);
    users.set(user, hash);
  }
  if (users.size === 0) {
    throw new OptionError("it has no users: htpasswd -B FILE USER adds one");
  }
  return users;
}

function whyWrong(user: string, hash: string): string | null {
  if (user === "" || userName(user) !== user) {
    return "does not begin with USER:";
  }
  const match = BCRYPT.exec(hash);
  if (match === null) {
    return "has no bcrypt hash: write it with htpasswd -B FILE USER";
  }
  const cost = Number(match[1]);
  if (cost >= 4 && cost <= HIGHEST_COST) return null;
  return `has a bcrypt hash of cost ${cost}, not 4 to ${HIGHEST_COST}: write it with htpasswd -B -C 10 FILE USER`;
}
