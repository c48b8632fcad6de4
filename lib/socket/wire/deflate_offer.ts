/**
 * Agreeing on compression: the `Sec-WebSocket-Extensions` header for
 * permessage-deflate (RFC 7692 §7).
 *
 * @module
 */

/** How one side of a connection compresses. */
export interface Compression {
  /** The window has 2 to the power of this bytes; 8 to 15. */
  readonly windowBits: number;
  /** Whether a message is compressed with those before it in mind. */
  readonly takeover: boolean;
}

/** What was agreed on, for each side. */
export interface DeflateSettings {
  readonly server: Compression;
  readonly client: Compression;
}

/** An offer that was accepted, and the header to say so. */
export interface DeflateAnswer {
  readonly settings: DeflateSettings;
  readonly header: string;
}

const NAME = "permessage-deflate";
const NAMES: ReadonlySet<string> = new Set([
  "server_no_context_takeover",
  "client_no_context_takeover",
  "server_max_window_bits",
  "client_max_window_bits",
]);

/**
 * Accepts the first of a client's offers that can be met, as it stands.
 *
 * @param header The client's `Sec-WebSocket-Extensions`, several lines joined by commas, or null.
 * @returns Null if there is none. An offer with a mistake in it is not met (§7.1).
 */
export function acceptDeflate(header: string | null): DeflateAnswer | null {
  for (const offer of split(header ?? "", ",")) {
    const [name, ...parameters] = split(offer, ";");
    if (name.toLowerCase() !== NAME) continue;
    const answer = answerTo(parameters);
    if (answer !== null) return answer;
  }
  return null;
}

/** Accepts what these parameters ask for; null if one is unknown, given twice, or has a wrong value. */
function answerTo(parameters: readonly string[]): DeflateAnswer | null {
  const given = new Map<string, string | null>();
  for (const parameter of parameters) {
    const [name, value] = nameAndValue(parameter);
    const isRight = name.endsWith("_max_window_bits")
      ? isBits(value) || name.startsWith("client") && value === null
      : value === null;
    if (!NAMES.has(name) || given.has(name) || !isRight) return null;
    given.set(name, value);
  }
  const side = (name: "server" | "client"): Compression => ({
    windowBits: Number(given.get(`${name}_max_window_bits`) ?? 15),
    takeover: !given.has(`${name}_no_context_takeover`),
  });
  // Only what the client has mentioned: it may not know the rest.
  const header = [
    NAME,
    ...[...given].flatMap(([name, value]) =>
      // A client that can be limited, and is not.
      name === "client_max_window_bits" && value === null
        ? []
        : value === null
        ? [name]
        : [`${name}=${value}`]
    ),
  ].join("; ");
  return {
    settings: { server: side("server"), client: side("client") },
    header,
  };
}

/** A window size: 8 to 15, no leading zero. */
function isBits(value: string | null): boolean {
  return value !== null && /^([89]|1[0-5])$/.test(value);
}

function nameAndValue(parameter: string): [string, string | null] {
  const at = parameter.indexOf("=");
  if (at === -1) return [parameter.toLowerCase(), null];
  const value = parameter.slice(at + 1).trim();
  const quoted = /^"(.*)"$/.exec(value)?.[1];
  return [
    parameter.slice(0, at).trim().toLowerCase(),
    quoted === undefined ? value : quoted.replace(/\\(.)/g, "$1"),
  ];
}

/** Splits a header at a separator that stands in no quoted string. */
function split(header: string, separator: "," | ";"): string[] {
  const parts: string[] = [];
  let part = "", isQuoted = false;
  for (let i = 0; i < header.length; i++) {
    const letter = header[i];
    if (letter === '"') isQuoted = !isQuoted;
    if (letter === separator && !isQuoted) {
      parts.push(part.trim());
      part = "";
      continue;
    }
    part += letter;
    if (letter === "\\" && isQuoted) part += header[++i] ?? "";
  }
  return [...parts, part.trim()];
}
