/**
 * Numbers and booleans as Go's `flag` package reads them, because scripts that
 * start websocketd rely on it: `--port=0x1F90`, `--maxforks=1_000`, `--binary=T`.
 *
 * @module
 */

/** Why a word is not a value. The texts are Go's own. */
export type BadValue = "parse error" | "value out of range";

const INTEGER =
  /^(?<sign>[+-]?)(?<digits>0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/;

const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;

/**
 * Reads a whole number as Go's `strconv.ParseInt(word, 0, 64)` does: decimal,
 * `0x`, `0o`, `0b`, a leading `0` for octal, `_` between digits.
 *
 * @returns The number, rounded where JavaScript cannot hold it, or what is wrong with the word.
 */
export function readInt(word: string): number | BadValue {
  const { sign, digits } = INTEGER.exec(word)?.groups ?? {};
  if (digits === undefined) return "parse error";
  const value = magnitude(digits);
  if (value > (sign === "-" ? INT_MAX + 1n : INT_MAX)) {
    return "value out of range";
  }
  // Not -0, which `Object.is` and assertEquals tell from 0.
  return Number(sign === "-" ? -value : value);
}

/** The same for `strconv.ParseUint`: no sign, not even a plus. */
export function readUint(word: string): number | BadValue {
  const { sign, digits } = INTEGER.exec(word)?.groups ?? {};
  if (digits === undefined || sign !== "") return "parse error";
  const value = magnitude(digits);
  return value > UINT_MAX ? "value out of range" : Number(value);
}

/** Reads a boolean as Go's `strconv.ParseBool` does; `yes` and `on` are not among its words. */
export function readBool(word: string): boolean | BadValue {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(word)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(word)) return false;
  return "parse error";
}

function magnitude(digits: string): bigint {
  const plain = digits.replaceAll("_", "");
  // BigInt knows 0x, 0o and 0b; Go's bare leading 0 is octal too.
  return BigInt(/^0[0-9]/.test(plain) ? `0o${plain.slice(1)}` : plain);
}
