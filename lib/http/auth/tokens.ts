/**
 * Tokens, and whose they are.
 *
 * @module
 */
import { builtin } from "../../builtin.ts";
import { OptionError } from "../../errors.ts";
import { userName } from "./user_name.ts";

/** A token as the server keeps it. */
export interface Token {
  readonly user: string;
  /** Of equal length for all, so that comparing tells nothing about the token. */
  readonly digest: Uint8Array;
}

/** Who comes with a token that has no name. */
const ANYBODY = "token";
/** Shorter ones are for trying things out. */
const SHORTEST = 16;

/** Keeps a token. */
export function keepToken(token: string, user: string = ANYBODY): Token {
  return { user, digest: digestOf(token) };
}

/** The user of a token, or null if nobody has it. Takes as long for each wrong one. */
export function userOf(token: string, tokens: readonly Token[]): string | null {
  const { timingSafeEqual } = builtin("node:crypto");
  const presented = digestOf(token);
  let user: string | null = null;
  for (const { digest, user: owner } of tokens) {
    if (timingSafeEqual(presented, digest)) user ??= owner;
  }
  return user;
}

/**
 * Reads lines `TOKEN` or `USER TOKEN`; those that are empty or begin with `#`
 * are left out.
 *
 * @param onShort Called with the number of each line that has a token which can be guessed.
 * @throws {OptionError} If a line is something else. The message has the line's number and nothing of its content.
 */
export function parseTokens(
  text: string,
  onShort: (line: number) => void,
): readonly Token[] {
  const tokens: Token[] = [];
  for (const [index, untrimmed] of text.split("\n").entries()) {
    const line = untrimmed.trim();
    if (line === "" || line.startsWith("#")) continue;
    const words = line.split(/\s+/);
    const [token, user, ...more] = words.reverse();
    if (
      more.length > 0 || !/^[!-~]+$/.test(token) ||
      (user !== undefined && userName(user) !== user)
    ) {
      throw new OptionError(
        `line ${
          index + 1
        } is neither TOKEN nor USER TOKEN: a token has letters, digits and signs, no spaces`,
      );
    }
    if (token.length < SHORTEST) onShort(index + 1);
    tokens.push(keepToken(token, user));
  }
  if (tokens.length === 0) {
    throw new OptionError("it has no tokens: openssl rand -hex 16 makes one");
  }
  return tokens;
}

function digestOf(token: string): Uint8Array {
  return builtin("node:crypto").createHash("sha256").update(token).digest();
}
