/**
 * One run of a CGI script.
 *
 * @module
 */
import type { EventSink, SessionInfo } from "../../events.ts";
import type { Child } from "../../process/command.ts";
import { describeExit } from "../../process/exit.ts";
import { StderrLines } from "../../process/stderr_lines.ts";
import {
  terminate,
  type TerminateHooks,
  terminateOrphans,
} from "../../process/terminate.ts";
import { drain } from "../../session/bridge.ts";
import type { SlotHolder } from "../../session/sessions.ts";
import { settlesWithin } from "../../settles_within.ts";
import { feedBody } from "./feed_body.ts";
import { HeadReader, parseScriptHead, type ScriptHead } from "./script_head.ts";

/** How long a script is given to end when it has closed its output, in milliseconds, as in the ladder. */
const EOF_MS = 100;
/** How long a script that has ended may leave its output open to others, in milliseconds, before those are ended. */
const GRACE_MS = 1000;
/** How long the rest of its stderr is waited for, in milliseconds. */
const STDERR_MS = 200;
/** More than any pipe holds: what comes after so many bytes was not printed by the script that has ended. */
const PIPE_BYTES = 1 << 20;
/** What a script may print for nobody, in bytes, before it is ended. */
const MOST_DISCARDED = 16 << 20;

/** Why a run does not end by itself: the client has gone, its time is up, the server stops, what it prints is of no use. */
export type Cause = "client" | "limit" | "server" | "output";

/** What a run is made of. */
export interface ScriptRunParts {
  readonly info: SessionInfo;
  readonly child: Child;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  /** How long it may take, in milliseconds; 0 is unlimited. */
  readonly timeoutMs: number;
  readonly closeMs: number;
  readonly onEvent: EventSink;
}

/** A script and the request it answers, from its start until both are gone. */
export class ScriptRun implements SlotHolder {
  /** What it says first; or what is wrong with that, as the end of a sentence, and then it should be stopped; or null if it was stopped before. Never rejects. */
  readonly head: Promise<ScriptHead | string | null>;
  /** Resolves with {@linkcode run}. */
  readonly ended: Promise<void>;
  readonly #parts: ScriptRunParts;
  readonly #child: Child;
  readonly #end = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<Cause>();
  readonly #hurry = Promise.withResolvers<void>();
  readonly #outputEnded = Promise.withResolvers<void>();
  readonly #leave = () => this.stop("client");
  #cause: Cause | null = null;
  /** Read with the end of the head, but behind it. */
  #rest: Uint8Array<ArrayBuffer> | null = null;

  constructor(parts: ScriptRunParts) {
    this.#parts = parts;
    this.#child = parts.child;
    this.ended = this.#end.promise;
    this.head = Promise.race([
      this.#readHead(),
      this.#stopped.promise.then(() => null),
    ]);
    if (parts.signal.aborted) this.#leave();
    else parts.signal.addEventListener("abort", this.#leave);
  }

  /** Why it was stopped, or null. */
  get cause(): Cause | null {
    return this.#cause;
  }

  /** Ends the script with the ladder. Only the first cause counts. */
  stop(cause: Cause): void {
    this.#cause ??= cause;
    this.#stopped.resolve(cause);
  }

  /** The server wants its end. */
  end(): void {
    this.stop("server");
  }

  kill(): void {
    this.stop("server");
    this.#hurry.resolve();
  }

  /** Sees the script to its end. Call once. Never rejects. */
  async run(): Promise<void> {
    const { child, body, signal, timeoutMs } = this.#parts;
    const lines = new StderrLines();
    const log = (line: string) => this.#logStderr(line);
    const stderr = drain(
      child.stderr,
      (chunk) => lines.push(chunk).forEach(log),
    );
    const stopFeeding = feedBody(body, child.stdin, this.#leave);
    const timer = timeoutMs > 0
      ? setTimeout(() => this.stop("limit"), timeoutMs)
      : undefined;

    await Promise.race([
      this.#stopped.promise,
      this.#outputEnded.promise,
      child.exited,
    ]);
    if (this.#cause === null) await this.#finish();
    if (this.#cause !== null) await this.#terminate();

    clearTimeout(timer);
    signal.removeEventListener("abort", this.#leave);
    stopFeeding();
    if (!await this.#within(stderr, STDERR_MS)) {
      await this.endOrphans();
      await this.#within(stderr, STDERR_MS);
    }
    await Promise.all([
      child.stdin.abort(),
      child.stdout.cancel(),
      child.stderr.cancel(),
    ]);
    await stderr;
    lines.end().forEach(log);
    this.#end.resolve();
  }

  async endOrphans(): Promise<void> {
    await terminateOrphans(this.#child, this.#ladder);
  }

  /** What it prints behind its head, as fast as it is read. An error, if the script is stopped: the client must not take what it got for all. */
  body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let isOpen = true;
    return new ReadableStream({
      start: (controller): void => {
        void this.#stopped.promise.then((cause) => {
          if (!isOpen || cause === "client") return;
          isOpen = false;
          controller.error(new Error("The CGI script was ended"));
        });
      },
      pull: async (controller): Promise<void> => {
        const chunk = await this.#readBody();
        if (!isOpen) return;
        if (chunk !== null) return controller.enqueue(chunk);
        isOpen = false;
        controller.close();
      },
      cancel: (): void => {
        isOpen = false;
        this.#leave();
      },
    }, { highWaterMark: 0 });
  }

  /** Reads the rest for nobody: the client has got all that it gets, and need not stay. */
  async discard(): Promise<void> {
    this.#parts.signal.removeEventListener("abort", this.#leave);
    let size = this.#rest?.byteLength ?? 0;
    await drain(this.#child.stdout, (chunk) => {
      size += chunk.byteLength;
      if (size > MOST_DISCARDED) this.stop("output");
    });
    this.#outputEnded.resolve();
  }

  async #readHead(): Promise<ScriptHead | string> {
    const reader = new HeadReader();
    for (;;) {
      const chunk = await this.#child.stdout.read();
      if (chunk === null) return await this.#whyNoHead();
      const end = reader.push(chunk);
      if (end !== null) {
        // The memory is the next read's.
        if (end < chunk.byteLength) this.#rest = chunk.slice(end);
        return parseScriptHead(reader.text);
      }
      if (reader.isFull) {
        return "printed more than 64 KiB of headers, or no empty line behind them";
      }
    }
  }

  /** How the script ended says more than that it did. */
  async #whyNoHead(): Promise<string> {
    this.#outputEnded.resolve();
    await settlesWithin(this.#child.exited, EOF_MS, this.#stopped.promise);
    const { exit } = this.#child;
    const how = exit === null ? "closed its output" : describeExit(exit);
    return `printed no headers with an empty line behind them, such as "Content-Type: text/plain" (${how})`;
  }

  async #readBody(): Promise<Uint8Array<ArrayBuffer> | null> {
    const rest = this.#rest;
    this.#rest = null;
    if (rest !== null) return rest;
    const chunk = await this.#child.stdout.read();
    if (chunk === null) this.#outputEnded.resolve();
    return chunk?.slice() ?? null;
  }

  /** The script has ended, or has closed its output: sees to it that the client gets all of it. */
  async #finish(): Promise<void> {
    const { child, closeMs } = this.#parts;
    const { stdout } = child;
    if (child.exit === null) {
      void child.stdin.close();
      if (await this.#within(child.exited, EOF_MS + closeMs)) return;
      // The client has all that it gets.
      return await terminateOrphans(child, this.#ladder);
    }
    const first = stdout.bytes;
    for (let isAlone = false;;) {
      const before = stdout.bytes;
      if (await this.#within(this.#outputEnded.promise, GRACE_MS)) return;
      if (this.#cause !== null) return;
      const isTooMuch = stdout.bytes - first > PIPE_BYTES;
      // Otherwise the client is slow, and the script's own output still on its way.
      if (!stdout.waiting && !isTooMuch) continue;
      if (!isAlone) await this.endOrphans();
      else if (isTooMuch || stdout.bytes === before) return;
      isAlone = true;
    }
  }

  async #terminate(): Promise<void> {
    // Before its stdin ends, upon which it may end and leave others behind.
    this.#child.family.remember();
    await terminate(this.#child, this.#ladder);
  }

  /** Waits, but not for one who was stopped. */
  #within(promise: Promise<unknown>, ms: number): Promise<boolean> {
    const stop = this.#cause === null
      ? this.#stopped.promise
      : this.#hurry.promise;
    return settlesWithin(promise, ms, stop);
  }

  #logStderr(line: string): void {
    const { info, child, onEvent } = this.#parts;
    onEvent({ type: "child.stderr", session: info, pid: child.pid, line });
  }

  get #ladder(): TerminateHooks {
    const { info, child, closeMs, onEvent } = this.#parts;
    return {
      closeMs,
      hurry: this.#hurry.promise,
      onSignal: (signal) =>
        onEvent({
          type: "child.signalled",
          session: info,
          pid: child.pid,
          signal,
        }),
    };
  }
}
