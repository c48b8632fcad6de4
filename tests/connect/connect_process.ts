/**
 * The client as a user starts it, in a process of its own.
 *
 * @module
 */
import { eventually, within } from "../helpers/deadline.ts";
import { EXECUTABLE } from "../helpers/executable.ts";

/** The words that start a client; its flags and the address follow. */
export const CONNECT: readonly [string, ...string[]] = [
  ...EXECUTABLE,
  "connect",
];

/** How a client ended and what it said. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a client to its end.
 *
 * @param input What is on its stdin.
 */
export async function connect(
  args: readonly string[],
  input: string | Uint8Array<ArrayBuffer> = "",
): Promise<Ended> {
  await using client = new ConnectProcess(args);
  await client.type(input);
  await client.endInput();
  const status = await client.ended();
  return { status, stdout: client.stdout, stderr: client.stderr };
}

/** A client under way; killed at the end of the scope it is declared in. */
export class ConnectProcess implements AsyncDisposable {
  /** What it has said so far. */
  stdout = "";
  stderr = "";
  /** Bytes of stdout so far. */
  printed = 0;
  /** Bytes of stdin that have been taken. */
  taken = 0;
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #readers: Promise<unknown>;
  #holding: PromiseWithResolvers<void> | null = null;

  /** @param env Added to the environment of the test. */
  constructor(
    args: readonly string[],
    { env, isHeld = false }: {
      readonly env?: Record<string, string>;
      /** Whether its stdout is not read before {@linkcode readOn}. */
      readonly isHeld?: boolean;
    } = {},
  ) {
    if (isHeld) this.#holding = Promise.withResolvers();
    const [program, ...rest] = CONNECT;
    this.#child = new Deno.Command(program, {
      args: [...rest, ...args],
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#readers = Promise.all([this.#readStdout(), this.#readStderr()]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Writes to its stdin. What a client does not take that has ended is no failure. */
  async type(input: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const bytes = typeof input === "string"
      ? new TextEncoder().encode(input)
      : input;
    for (let at = 0; at < bytes.length; at += 65536) {
      const piece = bytes.subarray(at, at + 65536);
      try {
        await this.#stdin.write(piece);
      } catch {
        return;
      }
      this.taken += piece.length;
    }
  }

  async endInput(): Promise<void> {
    try {
      await this.#stdin.close();
    } catch {
      // It has ended.
    }
  }

  /** Waits until something is on its stdout. */
  async says(text: string): Promise<void> {
    await eventually(
      () => this.stdout.includes(text),
      () => `"${text}" in "${this.stdout}"; stderr: ${this.stderr}`,
    );
  }

  /** Waits until something is on its stderr. */
  async tells(pattern: RegExp): Promise<RegExpExecArray> {
    return await eventually(
      () => pattern.exec(this.stderr) ?? undefined,
      () => `${pattern} in "${this.stderr}"`,
    );
  }

  /** Reads its stdout, from now on. */
  readOn(): void {
    this.#holding?.resolve();
    this.#holding = null;
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for its end and returns the exit status. */
  async ended(ms?: number): Promise<number> {
    const { code } = await within(this.#child.status, "the client to end", ms);
    await within(this.#readers, "the client's output to end", ms);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.signal("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    this.readOn();
    await this.endInput();
    await this.#child.status;
    await within(this.#readers, "the client's output to end");
  }

  async #readStdout(): Promise<void> {
    const decoder = new TextDecoder();
    const reader = this.#child.stdout.getReader();
    await this.#holding?.promise;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.printed += value.length;
      // What is long is counted only.
      if (this.printed < 1 << 22) {
        this.stdout += decoder.decode(value, { stream: true });
      }
    }
  }

  async #readStderr(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.stderr += decoder.decode(chunk, { stream: true });
    }
  }
}
