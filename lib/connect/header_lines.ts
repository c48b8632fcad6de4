/**
 * Headers that the user adds to the handshake.
 *
 * @module
 */
import { OptionError } from "../errors.ts";
import { isToken } from "../http_token.ts";

/** A header: its name as it was written, and its value. */
export type HeaderLine = readonly [name: string, value: string];

// Control characters, except the tab.
const NOT_IN_VALUE = /[^\P{Cc}\t]/u;

/** Headers that the handshake itself is made of, and what to use instead. */
const OURS: ReadonlyMap<string, string> = new Map([
  ["connection", "leave it out"],
  ["upgrade", "leave it out"],
  ["content-length", "leave it out"],
  ["transfer-encoding", "leave it out"],
  ["sec-websocket-key", "leave it out"],
  ["sec-websocket-version", "leave it out"],
  ["sec-websocket-extensions", "leave it out"],
  ["sec-websocket-accept", "leave it out"],
  ["sec-websocket-protocol", "use --subprotocol"],
]);

/**
 * Reads a line such as `Authorization: Bearer abc`.
 *
 * @throws {OptionError} If it is no header, or one that the handshake itself needs.
 */
export function parseHeaderLine(line: string): HeaderLine {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(0, colon)).trim();
  const value = line.slice(colon + 1).trim();
  // The value is not repeated: it may be a secret.
  if (!isToken(name)) {
    throw new OptionError(
      "Cannot use --header: write it as NAME: VALUE, such as 'Origin: https://example.com'",
    );
  }
  if (NOT_IN_VALUE.test(value)) {
    throw new OptionError(
      `Cannot use --header "${name}": its value has a line break or another control character`,
    );
  }
  const instead = OURS.get(name.toLowerCase());
  if (instead !== undefined) {
    throw new OptionError(`Cannot use --header "${name}": ${instead}`);
  }
  return [name, value];
}

/**
 * Checks the name of a subprotocol.
 *
 * @throws {OptionError} If it is no token (RFC 6455 §4.1).
 */
export function checkSubprotocol(name: string): void {
  if (isToken(name)) return;
  throw new OptionError(
    `Cannot use --subprotocol=${
      JSON.stringify(name)
    }: a name has letters, digits and dashes`,
  );
}
