/**
 * What any WebSocket client can be asked to do, whoever wrote it and wherever
 * it runs.
 *
 * @module
 */

/** What a client is to do, in this order. Plain JSON, to be handed to other processes. */
export interface Plan {
  readonly url: string;
  readonly protocols: readonly string[];
  /** Whether to offer permessage-deflate, for clients that can choose. */
  readonly compress: boolean;
  readonly type: "text" | "binary";
  /** Sends messages of so many bytes, each after the echo of the one before. */
  readonly sizes: readonly number[];
  /** Sends these texts, each after the echo of the one before. */
  readonly texts: readonly string[];
  /** Sends so many messages without waiting for an echo. */
  readonly inFlight: number;
  /** Then leaves with this code and reason, or sends one message of so many bytes, or does nothing; and waits for the end. */
  readonly last:
    | { readonly code: number; readonly reason: string }
    | { readonly size: number }
    | null;
}

/** What a client has seen. */
export interface Report {
  readonly protocol: string;
  readonly extensions: string;
  /** How many messages came back as they were sent. */
  readonly echoed: number;
  /** What came that was no echo. Bytes are told as their number. */
  readonly others: readonly string[];
  readonly code: number;
  readonly reason: string;
}

/** The part of a browser's `WebSocket` that is used here. */
type SocketClass = new (url: string, protocols: string[]) => WebSocket;

/**
 * Carries out a plan with a client that has the interface of a browser's
 * `WebSocket`. Uses nothing from outside itself: its text runs in a page and in
 * Node, too.
 */
export async function visit(
  plan: Plan,
  Socket: SocketClass = WebSocket,
): Promise<Report> {
  const socket = new Socket(plan.url, [...plan.protocols]);
  socket.binaryType = "arraybuffer";
  const got: (string | Uint8Array<ArrayBuffer>)[] = [];
  const others: string[] = [];
  let echoed = 0;
  let arrived = () => {};
  socket.onmessage = ({ data }) => {
    got.push(typeof data === "string" ? data : new Uint8Array(data));
    arrived();
  };
  socket.onerror = (event) => event.preventDefault?.();
  const closed = new Promise<CloseEvent>((resolve) => {
    socket.onclose = (event) => {
      resolve(event);
      arrived();
    };
  });
  await new Promise<void>((resolve) => {
    socket.onopen = () => resolve();
    arrived = resolve;
  });

  const isEqual = (
    a: string | Uint8Array | undefined,
    b: string | Uint8Array,
  ) => {
    if (typeof a !== "object" || typeof b !== "object") return a === b;
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  };
  const make = (size: number, seed: number) => {
    if (plan.type === "text") {
      return `${seed} lines of 0123456789 abc `.repeat(1 + size / 20)
        .slice(0, size);
    }
    return Uint8Array.from({ length: size }, (_, i) => (i ^ i >> 7) + seed);
  };
  const take = async (message: string | Uint8Array) => {
    while (got.length === 0 && socket.readyState === socket.OPEN) {
      await new Promise<void>((resolve) => arrived = resolve);
    }
    if (isEqual(got[0], message)) {
      got.shift();
      echoed++;
    }
  };
  const exchange = async (message: string | Uint8Array<ArrayBuffer>) => {
    socket.send(message);
    await take(message);
  };

  for (const size of plan.sizes) await exchange(make(size, size % 7));
  for (const text of plan.texts) await exchange(text);
  const many = Array.from(
    { length: plan.inFlight },
    (_, i) => make(4 + i % 300, i),
  );
  for (const message of many) socket.send(message);
  for (const message of many) await take(message);

  const { last } = plan;
  if (last !== null && "size" in last) socket.send(make(last.size, 0));
  else if (last !== null) socket.close(last.code, last.reason);
  const { code, reason } = await closed;
  for (const message of got) {
    others.push(typeof message === "string" ? message : `${message.length}`);
  }
  const { protocol, extensions } = socket;
  return { protocol, extensions, echoed, others, code, reason };
}
