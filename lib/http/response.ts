/**
 * Answers of this server in its own words, and the headers its user adds.
 *
 * @module
 */
import { OptionError } from "../errors.ts";

/** Headers to add to answers. Each is written like a header line: `Name: value`. */
export interface HeaderOptions {
  /** Added to every answer, WebSocket handshakes too. @default {[]} */
  readonly header?: readonly string[];
  /** Added to the 101 answer of WebSocket handshakes only. @default {[]} */
  readonly headerWs?: readonly string[];
  /** Added to plain HTTP answers only. @default {[]} */
  readonly headerHttp?: readonly string[];
}

/** A header's name and value. */
export type HeaderLine = readonly [name: string, value: string];

/**
 * Reads header lines. Without a colon the value is empty; line breaks in a
 * value become spaces.
 *
 * @throws {OptionError} If a name is none (RFC 9110 §5.1) or a value has characters that a header cannot carry.
 */
export function parseHeaderLines(lines: readonly string[]): HeaderLine[] {
  return lines.map((line) => {
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1);
    const header: HeaderLine = [
      name.trim(),
      value.replace(/[\r\n]+/g, " ").trim(),
    ];
    try {
      new Headers([header as [string, string]]);
    } catch (cause) {
      throw new OptionError(
        `Cannot use ${
          JSON.stringify(line)
        } as a header: write --header='Name: value', the name of letters, digits and dashes`,
        { cause },
      );
    }
    return header;
  });
}

/** An answer that is one sentence of text. */
export function textResponse(
  status: number,
  sentence: string,
  headers: readonly HeaderLine[] = [],
): Response {
  return new Response(`${sentence}\n`, {
    status,
    headers: [
      ["content-type", "text/plain; charset=utf-8"],
      ["x-content-type-options", "nosniff"],
      ...headers as [string, string][],
    ],
  });
}
