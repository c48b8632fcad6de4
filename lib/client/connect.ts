import type { ClientEvent, State, StateEvent } from "./client_event.ts";
import type { ClientOptions, WebSocketLike } from "./client_options.ts";
import { type Exit, exitOf, isPassing } from "./exit.ts";
import { createInbox, type Item } from "./inbox.ts";
import { createOutbox } from "./outbox.ts";
import type { Message, Program } from "./program.ts";
import {
  encodeControl,
  type ExitControl,
  type Hello,
  PROTOCOL,
  resumeToken,
  type ServerControl,
} from "./protocol.ts";

/** `WebSocket.OPEN`. */
const OPEN = 1;
/** How often to look whether what waits has been sent, in milliseconds: there is no event for that. */
const LOOK_MS = 20;
/** How much the server may have that it has not accepted, if it can be lost: it reads less than 2 MiB ahead. */
const WINDOW = 1 << 19;
/** What was read is acknowledged after so much of it, or so many milliseconds. */
const ACK_SIZE = 1 << 16;
const ACK_MS = 250;
/** A connection that lasted so long was a good one: the next wait is a short one again. In milliseconds. */
const GOOD_MS = 5000;
/** How long the server may take to answer a close frame, in milliseconds. */
const CLOSE_MS = 5000;

export type { ClientOptions, Exit, Message, Program };
export type {
  ClientEvent,
  LostEvent,
  RestartedEvent,
  State,
  StateEvent,
} from "./client_event.ts";
export type { WebSocketLike } from "./client_options.ts";

/**
 * Connects to a program. Never waits: messages can be sent at once, and go when
 * there is a connection.
 *
 * A connection is tried again when it was lost (1006), when the server stops,
 * restarts or is busy (1001, 1012, 1013, 1014), and when there was none in the
 * first place; after a random part of a time that doubles from `delayMs` up to
 * `maxDelayMs`, or as soon as a browser is online again. Any other close code is the end, above all those that stand for
 * an exit status: 1000, 4000 + n, and 4500 + n for a signal.
 *
 * What was lost with a connection is sent again if the server can resume
 * sessions. If it cannot, the next connection has another program behind it, or
 * the same one further on, and `onEvent` gets a `lost` in the place of what is
 * missing.
 *
 * @param url Of a WebSocket, or with `http:` or `https:` for it; in a page it may be relative to the page.
 *
 * @throws {TypeError} If the URL is none.
 * @throws {DOMException} If it is not one for a WebSocket, or a subprotocol cannot be one.
 *
 * @example Messages, and how it ended
 * ```ts
 * import { serve } from "@websocketd/websocketd";
 * import { connect } from "@websocketd/websocketd/client";
 *
 * const server = await serve({ command: "head", args: ["-n2"], port: 0 });
 * const program = connect(`ws://localhost:${server.addresses[0].port}/`);
 *
 * await program.send("hello");
 * await program.send("goodbye");
 * for await (const message of program) console.log(message); // hello, goodbye
 * const { code } = await program.exit;
 * console.log(code); // 0
 *
 * await server.drain();
 * ```
 *
 * @example A page that shows what happens to its connection
 * ```ts ignore
 * const program = connect("/log", {
 *   onEvent(event) {
 *     if (event.type === "state") document.title = event.state;
 *     if (event.type === "lost") append(`${event.output ?? "some"} lines are missing`);
 *   },
 * });
 * for await (const line of program) append(line);
 * ```
 */
export function connect(
  url: string | URL,
  options: ClientOptions = {},
): Program {
  const {
    attempts = Infinity,
    giveUpMs = Infinity,
    delayMs = 500,
    maxDelayMs = 30_000,
    onEvent,
    protocols = [],
    readBuffer = 1 << 24,
    resume = true,
    sendBuffer = 1 << 20,
    signal,
    // A closure and not a class, here and elsewhere: a page loads half as much.
    WebSocket: Socket = WebSocket,
  } = options;
  const address = `${new URL(url, globalThis.location?.href)}`
    .replace(/^http/, "ws");

  let state: State = "connecting";
  let socket: WebSocketLike | undefined;
  /** What the server said first, if a lost connection can be resumed. */
  let session: Hello | undefined;
  /** Whether the last server that answered speaks `websocketd.v1`. */
  let speaks = false;
  /** `typeof` of control messages, when the connection has had one. */
  let controlType: string | undefined;
  /** What is known about the end before the close frame. */
  let told: Pick<ExitControl, "code" | "signal"> | undefined;
  let why = "";
  /** With what this side has begun to close. */
  let end: readonly [code: number, reason: string] | undefined;
  /** Number of the next message to come. */
  let output = 0;
  let failures = 0;
  let openedAt = 0;
  let lostAt = Date.now();
  /** Until the next try; or until the end, if the server does not answer. */
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ackTimer: ReturnType<typeof setTimeout> | undefined;
  /** Size of what was read since the last acknowledgement. */
  let read = 0;
  let room: Promise<boolean> | undefined;
  let news: Promise<void>;
  let wake = (): void => {};
  let resolveExit: (exit: Exit) => void;

  const exit = new Promise<Exit>((resolve) => resolveExit = resolve);
  const outbox = createOutbox();
  const inbox = createInbox(rouse);

  /** Lets the readers look again. */
  function rouse(): void {
    wake();
    news = new Promise((resolve) => wake = resolve);
  }

  function change(to: State, more?: Partial<StateEvent>): void {
    state = to;
    onEvent?.({ type: "state", state, ...more });
  }

  function isOpen(): boolean {
    return state === "open" && socket!.readyState === OPEN;
  }

  function isFull(): boolean {
    return state !== "closed" &&
      Math.max(outbox.size, isOpen() ? socket!.bufferedAmount : 0) > sendBuffer;
  }

  /** @param offers Whether to offer `websocketd.v1`. */
  function dial(offers = resume): void {
    let wasOpen = false;
    let isOver = false;
    const offered = offers ? [PROTOCOL] : [];
    if (session) offered.push(resumeToken({ ...session, output }));
    const dialed = new Socket(address, [...offered, ...protocols]);
    const on: WebSocketLike["addEventListener"] = (type, listener) =>
      dialed.addEventListener(type, listener);
    socket = dialed;
    dialed.binaryType = "arraybuffer";
    controlType = timer = undefined;
    why = "";
    on("open", () => {
      wasOpen = true;
      speaks = dialed.protocol === PROTOCOL;
      // Any other server is one that remembers nothing.
      if (!speaks) greet({ output, input: 0, lost: null });
    });
    on("message", ({ data }: MessageEvent) => {
      if (!end) receive(typeof data === "string" ? data : new Uint8Array(data));
    });
    on("close", ({ code, reason }: CloseEvent) => over(code, reason));
    // Before version 24, Node lets no "close" follow when there was no "open".
    on("error", () => {
      if (!wasOpen) over(1006, "no connection");
    });
    function over(code: number, reason: string): void {
      if (isOver) return;
      isOver = true;
      // A browser leaves a server that does not choose what it was offered, and
      // does not say that this is why: one that was only busy is asked again.
      const isLast = failures || !attempts || giveUpMs < delayMs;
      if (offers && isLast && !wasOpen && !speaks && !end) dial(false);
      // Deno says 0 where others say 1006.
      else lose(code || 1006, why || reason);
    }
  }

  function dialAgain(): void {
    clearTimeout(timer);
    try {
      dial();
    } catch (error) {
      // What the server calls its session is no subprotocol.
      finish(1006, `${error}`);
    }
  }

  /** The browser has found a network again. */
  function hurry(): void {
    if (timer && !end) dialAgain();
  }

  function receive(data: Message): void {
    if (!speaks || controlType && typeof data !== controlType) {
      output++;
      inbox.put(data);
      // A program of its own waits for acknowledgements before; others do not.
      // A single message may be of any size: nothing less can be read.
      if (inbox.size > readBuffer && inbox.count > 1) {
        stop(4413, `more than ${readBuffer} bytes were not read`);
      }
      return;
    }
    const control = parseControl(
      typeof data === "string" ? data : convert(data) as string,
    );
    if (control) {
      controlType = typeof data;
      obey(control);
    } else stop(4400, "the server breaks the protocol");
  }

  function obey(control: ServerControl): void {
    if (control.type === "hello") greet(control);
    if (control.type === "ack") {
      outbox.forget(control.input);
      give();
    }
    if (control.type === "skip") {
      miss(control.lost ?? Math.max(0, control.output - output), 0);
      output = control.output;
    }
    if (control.type === "epoch") {
      session = session && { ...session, epoch: control.epoch };
      output = control.output;
      inbox.put({ type: "restarted" });
    }
    if (control.type === "exit") told = control;
    if (control.type === "error") why = control.message;
  }

  /** There is a connection, and it is known what became of the one before. */
  function greet(
    hello: Pick<Hello, "output" | "input" | "lost"> & Partial<Hello>,
  ): void {
    const { resumed } = hello;
    const forgotten = outbox.forget(resumed ? hello.input : Infinity);
    outbox.restart(hello.input);
    output = hello.output;
    if (openedAt) {
      if (resumed) miss(hello.lost, 0);
      else if (session) miss(hello.lost, forgotten);
      else miss(null, null);
    }
    session = hello.resume ? hello as Hello : undefined;
    openedAt = Date.now();
    change("open");
    // The last one may have been lost, and the server may wait for it.
    acknowledge();
    give();
  }

  /** Tells what is missing, if anything is. */
  function miss(output: number | null, input: number | null): void {
    if (output !== 0 || input !== 0) inbox.put({ type: "lost", output, input });
  }

  function give(): void {
    let message: Message | undefined;
    // What the program waits for may be an acknowledgement, which would come behind.
    const most = session ? WINDOW : Infinity;
    while (isOpen() && (message = outbox.give(most)) !== undefined) {
      const type = typeof message;
      // As the type that the program takes, if that is known.
      socket!.send(type === controlType ? convert(message) : message);
    }
    if (!session) outbox.forget();
  }

  function acknowledge(): void {
    clearTimeout(ackTimer);
    ackTimer = undefined;
    read = 0;
    if (!session || !isOpen()) return;
    // What was not taken is not acknowledged, so that the server waits.
    const ack = encodeControl({
      type: "ack",
      output: Math.max(0, output - inbox.count),
      epoch: session.epoch,
    });
    socket!.send(controlType === "string" ? ack : convert(ack));
  }

  /** After the end of a connection: waits for the next try, or gives up. */
  function lose(code: number, reason: string): void {
    const now = Date.now();
    if (state === "open") {
      if (now - openedAt > GOOD_MS) failures = 0;
      lostAt = now;
    }
    // Only a lost connection can be resumed: who closes has ended the session.
    if (code !== 1006) session = undefined;
    // Clients that lost one server at one time do not come back at one time.
    const inMs = Math.random() * Math.min(maxDelayMs, delayMs * 2 ** failures);
    if (
      told || !isPassing(code) || failures++ >= attempts ||
      now + inMs - lostAt > giveUpMs
    ) return finish(code, reason);
    timer = setTimeout(dialAgain, inMs);
    change(openedAt ? "reconnecting" : "connecting", { inMs, reason });
  }

  /** Closes on account of this side. */
  function stop(code: number, reason: string): void {
    if (end || state === "closed") return;
    end = [code, reason];
    // Unless the server says so in time.
    told ??= { code: null, signal: null };
    if (timer || !socket) return finish(code, reason);
    socket.close(code, reason);
    timer = setTimeout(finish, CLOSE_MS, code, reason);
  }

  function finish(code: number, reason: string): void {
    if (state === "closed") return;
    clearTimeout(timer);
    clearTimeout(ackTimer);
    signal?.removeEventListener("abort", close);
    globalThis.removeEventListener?.("online", hurry);
    session = undefined;
    const how = exitOf(...end ?? [code, reason] as const, told);
    change("closed", { reason: how.reason });
    rouse();
    resolveExit(how);
  }

  function send(message: string | Uint8Array): Promise<boolean> {
    if (state !== "closed") {
      // A copy: bytes that wait may be changed.
      outbox.put(
        typeof message === "string" ? message : new Uint8Array(message),
      );
      give();
      if (isFull()) return room ??= waitForRoom();
    }
    return Promise.resolve(state !== "closed");
  }

  async function waitForRoom(): Promise<boolean> {
    while (isFull()) await new Promise((look) => setTimeout(look, LOOK_MS));
    room = undefined;
    return state !== "closed";
  }

  function close(): Promise<Exit> {
    stop(1000, "");
    return exit;
  }

  async function* messages(): AsyncGenerator<Message, void, undefined> {
    for (;;) {
      const item = inbox.take();
      if (item === undefined) {
        if (state === "closed") return;
        await news;
      } else if (isEvent(item)) onEvent?.(item);
      else {
        read += item.length;
        if (read > ACK_SIZE) acknowledge();
        else if (session) ackTimer ??= setTimeout(acknowledge, ACK_MS);
        yield item;
      }
    }
  }

  rouse();
  signal?.addEventListener("abort", close);
  globalThis.addEventListener?.("online", hurry);
  if (signal?.aborted) close();
  else dial();
  return {
    exit,
    get state() {
      return state;
    },
    get session() {
      return session?.session ?? null;
    },
    send,
    close,
    [Symbol.asyncIterator]: messages,
    async [Symbol.asyncDispose](): Promise<void> {
      await close();
    },
  };
}

/** A control message, or null if it is none. What is in it is believed: the server could lie in the messages, too. */
function parseControl(text: string): ServerControl | null {
  try {
    const control = JSON.parse(text);
    return control.type ? control : null;
  } catch {
    return null;
  }
}

function isEvent(item: Item): item is ClientEvent {
  return (item as ClientEvent).type !== undefined;
}

/** Text to its UTF-8, and back, with its byte order mark if it has one. */
function convert(message: Message): Message {
  return typeof message === "string"
    ? new TextEncoder().encode(message)
    : new TextDecoder("utf-8", { ignoreBOM: true }).decode(message);
}
