/**
 * What happened on a connection, as the transcript keeps it.
 *
 * @module
 */

/** Which way something went: to the server, from it, or neither. */
export type Direction = "sent" | "received" | "event";

/** One thing that happened. */
export interface Entry {
  /** When, in milliseconds since 1970. */
  readonly time: number;
  readonly direction: Direction;
  /** The name of it in the API: `onmessage`, `send`. */
  readonly name: string;
  /** What was sent or received, or null. */
  readonly data: Data | null;
  /** Size of `data` on the wire. */
  readonly bytes: number;
  /** What the event or the call consists of, by name: `code`, `reason`. */
  readonly facts?: readonly (readonly [name: string, value: string])[];
  /** What it means, in a sentence or two. */
  readonly words?: string;
  /** What to look at. */
  readonly advice?: readonly string[];
  /** A command for a terminal that tells more. */
  readonly command?: string;
  /** Whether it is something that should not be. */
  readonly isFailure?: boolean;
}

const ENCODER = new TextEncoder();

/** What a `WebSocket` sends and receives. */
export type Data = string | ArrayBuffer | Blob;

/** How many bytes something has on the wire. */
export function bytesOf(data: Data): number {
  if (typeof data === "string") return ENCODER.encode(data).byteLength;
  return data instanceof Blob ? data.size : data.byteLength;
}

/** What an entry holds that is text, in one line for each thing: for the transcript as a file, and for the filter. */
export function textOf(entry: Entry): string {
  const { data, facts = [], words, advice = [], command } = entry;
  if (typeof data === "string") return data;
  return [
    ...facts.map(([name, value]) => `${name} ${value}`),
    words ?? "",
    ...advice,
    command ?? "",
  ].filter((line) => line !== "").join("\n");
}
