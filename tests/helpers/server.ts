/**
 * The real server, started as a user starts it: `main.ts`, or a file made of it,
 * in a process of its own, on a free port.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { eventually, within } from "./deadline.ts";
import { ENGINE } from "./engine.ts";
import { executable } from "./executable.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** How the server ended. */
export interface Ended {
  readonly code: number;
  readonly signal: Deno.Signal | null;
}

/** Settings of {@linkcode startServer}. */
export interface ServerOptions {
  /** Added to the environment of the test. */
  readonly env?: Record<string, string>;
  /** Whether to leave `--port=0` out, for what listens on no port. @default {false} */
  readonly isPortless?: boolean;
}

/**
 * Starts the program with `--port=0 ...args` and waits until it listens.
 *
 * @param args Flags, then the command.
 */
export async function startServer(
  args: readonly string[],
  options: ServerOptions = {},
): Promise<ServerProcess> {
  const server = new ServerProcess(args, options);
  try {
    await server.listening();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** A server that runs in a process of its own; killed at the end of the scope it is declared in. */
export class ServerProcess implements AsyncDisposable {
  /** What it has logged so far. */
  log = "";
  /** What it has said on stderr so far: nothing, if all is well. */
  stderr = "";
  /** Port it listens on. */
  port = 0;
  readonly #child: Deno.ChildProcess;
  readonly #stdout: ReadableStreamDefaultReader<Uint8Array>;
  readonly #readers: Promise<unknown>;
  #holding: PromiseWithResolvers<void> | null = null;

  constructor(
    args: readonly string[],
    { env, isPortless = false }: ServerOptions = {},
  ) {
    const port = isPortless ? [] : ["--port=0"];
    this.#child = executable([...port, `--engine=${ENGINE}`, ...args], {
      cwd: ROOT,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdout = this.#child.stdout.getReader();
    this.#readers = Promise.all([this.#readLog(), this.#readStderr()]);
  }

  /** Process id of the server. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Where clients connect to. */
  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  /** The lines it has logged so far. */
  get lines(): string[] {
    return this.log.split("\n").slice(0, -1);
  }

  /** Waits for the line that names the port. */
  async listening(): Promise<void> {
    const [, port] = await this.logged(
      /(?:Starting WebSocket server|Serving CGI or static files) *: \w+:\/\/[^/]*:(\d+)\//,
    );
    this.port = Number(port);
  }

  /** Waits until something is in the log. */
  async logged(pattern: RegExp): Promise<RegExpExecArray> {
    return await eventually(
      () => pattern.exec(this.log) ?? undefined,
      () => `${pattern} in the log:\n${this.log}${this.stderr}`,
    );
  }

  /** Stops reading the log, as a stuck log collector does, until {@linkcode readOn}. */
  holdLog(): void {
    this.#holding ??= Promise.withResolvers();
  }

  /** Reads the log again. */
  readOn(): void {
    this.#holding?.resolve();
    this.#holding = null;
  }

  /** Closes the log's other end, as a log collector that crashed does. */
  async closeLog(): Promise<void> {
    await this.#stdout.cancel();
  }

  /** Sends the server a signal. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits until the server has ended. */
  async ended(ms?: number): Promise<Ended> {
    const { code, signal } = await within(
      this.#child.status,
      "the server to end",
      ms,
    );
    return { code, signal };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.signal("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    this.readOn();
    await this.#child.status;
    await within(this.#readers, "the server's log to end");
  }

  async #readLog(): Promise<void> {
    const decoder = new TextDecoder();
    for (;;) {
      const { value, done } = await this.#stdout.read();
      if (done) return;
      this.log += decoder.decode(value, { stream: true });
      await this.#holding?.promise;
    }
  }

  async #readStderr(): Promise<void> {
    const text = this.#child.stderr.pipeThrough(new TextDecoderStream());
    for await (const piece of text) this.stderr += piece;
  }
}
