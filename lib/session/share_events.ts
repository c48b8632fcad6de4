/**
 * A shared program that knows its clients: lines of JSON both ways.
 *
 * @module
 */
import type { SessionInfo } from "../events.ts";
import type { Batch } from "../framing/batch.ts";
import { batchOf } from "./control_batch.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
/** For what is passed on: a byte order mark that a client sends is a part of its message. */
const WHOLE_DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** What a line of the program asks for. */
export interface Order {
  /** The message, or null if there is none. */
  readonly data: string | null;
  /** Clients that get it; null for all. */
  readonly to: ReadonlySet<string> | null;
  /** Clients that do not get it. */
  readonly except: ReadonlySet<string>;
  /** Clients to be closed. */
  readonly close: ReadonlySet<string>;
  /** Why they are, for their close frame. */
  readonly reason: string;
}

/** The line that says a client has come. */
export function joinLine(session: SessionInfo): Uint8Array {
  const { id, user, remoteAddr, url } = session;
  const { pathname: path, search } = partsOf(url);
  return line({
    event: "join",
    client: id,
    user,
    remote: remoteAddr,
    path,
    query: search.slice(1),
  });
}

/** The line that says a client has left. */
export function leaveLine(id: string, code: number): Uint8Array {
  return line({ event: "leave", client: id, code });
}

/** The lines that carry what a client has sent. */
export function messageLines(id: string, batch: Batch): Uint8Array {
  const { bytes, bounds, count } = batch;
  let lines = "";
  for (let i = 0; i < 2 * count; i += 2) {
    const data = WHOLE_DECODER.decode(
      bytes.subarray(bounds[i], bounds[i + 1]),
    );
    lines += `${JSON.stringify({ event: "message", client: id, data })}\n`;
  }
  return ENCODER.encode(lines);
}

/** Reads the lines of the program. Null stands for one that is no order. */
export function ordersOf({ bytes, bounds, count }: Batch): (Order | null)[] {
  return Array.from(
    { length: count },
    (_, i) =>
      readOrder(
        DECODER.decode(bytes.subarray(bounds[2 * i], bounds[2 * i + 1])),
      ),
  );
}

/** The message of an order. */
export function messageOf(data: string): Batch {
  return batchOf("text", [data]);
}

function readOrder(text: string): Order | null {
  let order: Record<string, unknown>;
  try {
    order = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof order !== "object" || order === null) return null;
  const { data, to, except, close, reason } = order;
  if (data === undefined && close === undefined) return null;
  return {
    data: data === undefined
      ? null
      : typeof data === "string"
      ? data
      : JSON.stringify(data),
    to: to === undefined ? null : idsOf(to),
    except: idsOf(except),
    close: idsOf(close),
    reason: typeof reason === "string" ? reason : "closed by the program",
  };
}

function idsOf(value: unknown): ReadonlySet<string> {
  const list = Array.isArray(value) ? value : [value];
  return new Set(list.filter((id) => typeof id === "string"));
}

function line(object: unknown): Uint8Array {
  return ENCODER.encode(`${JSON.stringify(object)}\n`);
}

function partsOf(url: string): { pathname: string; search: string } {
  const [, pathname = "", search = ""] =
    /^[a-z]+:\/\/[^/?#]*([^?#]*)(\?[^#]*)?/i.exec(url) ?? [];
  return { pathname, search };
}
