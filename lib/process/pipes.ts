/**
 * The pipes of a child process.
 *
 * To read and write through the runtime's streams costs 11 KiB for each idle
 * child and 15 to 20 µs for each message there and back, more than everything
 * else this server does with it. The runtime also keeps the plain resources
 * under private symbols, and its core reads and writes those.
 * Where the symbols do not exist, the public streams do the same.
 *
 * @module
 */
import { RUNTIME_CORE } from "../runtime_core.ts";

/** The end of a pipe to read from. */
export interface PipeReader {
  /** Reads into `buffer`, which may not be used until then, and returns the part that was filled, maybe of the same memory at another address; null at the end. Rejects if the pipe is broken or cancelled. */
  read(
    buffer: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Closes the pipe; a read that waits ends. Never rejects. */
  cancel(): Promise<void>;
}

/** The end of a pipe to write to. */
export interface PipeWriter {
  /** Resolves when the pipe has taken all bytes. Rejects if nobody can read them any more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Closes the pipe after writes that are under way. Never rejects. */
  close(): Promise<void>;
  /** Closes the pipe. Never rejects. */
  abort(): Promise<void>;
}

/** The three pipes of a child. */
export interface Pipes {
  readonly stdin: PipeWriter;
  readonly stdout: PipeReader;
  readonly stderr: PipeReader;
}

/** The pipes of a child that was started with all three of them. */
export function pipesOf(child: Deno.ChildProcess): Pipes {
  const stdin = resourceOf(child, "[[stdinRid]]");
  const stdout = resourceOf(child, "[[stdoutRid]]");
  const stderr = resourceOf(child, "[[stderrRid]]");
  if (stdin === null || stdout === null || stderr === null) {
    return {
      stdin: new StreamWriter(child.stdin),
      stdout: new StreamReader(child.stdout),
      stderr: new StreamReader(child.stderr),
    };
  }
  return {
    stdin: new ResourceWriter(stdin),
    stdout: new ResourceReader(stdout),
    stderr: new ResourceReader(stderr),
  };
}

/** The private symbols by name, which are the same for all children. */
const symbols = new Map<string, symbol>();

function resourceOf(child: Deno.ChildProcess, name: string): number | null {
  if (RUNTIME_CORE === null) return null;
  const symbol = symbols.get(name) ?? Object.getOwnPropertySymbols(child)
    .find(({ description }) => description === name);
  if (symbol !== undefined) symbols.set(name, symbol);
  // deno-lint-ignore no-explicit-any -- private members have no types
  const resource = symbol === undefined ? null : (child as any)[symbol];
  return typeof resource === "number" ? resource : null;
}

class ResourceReader implements PipeReader {
  readonly #resource: number;

  constructor(resource: number) {
    this.#resource = resource;
  }

  read(
    buffer: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    return RUNTIME_CORE!.read(this.#resource, buffer)
      .then((length) => length === 0 ? null : buffer.subarray(0, length));
  }

  cancel(): Promise<void> {
    RUNTIME_CORE!.tryClose(this.#resource);
    return Promise.resolve();
  }
}

class ResourceWriter implements PipeWriter {
  readonly #resource: number;
  #last: Promise<void> = Promise.resolve();

  constructor(resource: number) {
    this.#resource = resource;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#last = RUNTIME_CORE!.writeAll(this.#resource, bytes);
  }

  async close(): Promise<void> {
    try {
      await this.#last;
    } catch {
      // Nobody reads any more; whoever wrote knows.
    }
    await this.abort();
  }

  abort(): Promise<void> {
    RUNTIME_CORE!.tryClose(this.#resource);
    return Promise.resolve();
  }
}

/** Reads a public stream. */
export class StreamReader implements PipeReader {
  readonly #reader: ReadableStreamBYOBReader;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader({ mode: "byob" });
  }

  async read(
    buffer: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const { value, done } = await this.#reader.read(buffer);
    return done || value === undefined
      ? null
      : value as Uint8Array<ArrayBuffer>;
  }

  async cancel(): Promise<void> {
    try {
      await this.#reader.cancel();
    } catch {
      // Already at its end, or broken: nothing is left to cancel.
    }
  }
}

/** Writes a public stream. */
export class StreamWriter implements PipeWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(stream: WritableStream<Uint8Array>) {
    this.#writer = stream.getWriter();
    // A broken pipe also rejects these two, and nobody else waits for them.
    this.#writer.closed.catch(() => {});
    this.#writer.ready.catch(() => {});
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#writer.write(bytes);
  }

  async close(): Promise<void> {
    try {
      await this.#writer.close();
    } catch {
      // The program had closed its end first.
    }
  }

  async abort(): Promise<void> {
    try {
      await this.#writer.abort();
    } catch {
      // Closed already.
    }
  }
}
