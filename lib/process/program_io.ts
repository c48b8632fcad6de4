/**
 * What a program that is a function sees of the world.
 *
 * @module
 */
import { LineTooLongError } from "../errors.ts";
import { createFraming } from "../framing/create_framing.ts";
import type { MemoryPipe } from "./memory_pipe.ts";

/** How much is read at once. */
const CHUNK = 16384;
const ENCODER = new TextEncoder();

/**
 * The standard streams of a function that is served as a program, and what
 * else a program is given. Streams and lines are two views of the same bytes:
 * use one of them.
 */
export interface ProgramIo {
  /** What the client sends, in the server's framing. Ends when the client has left. */
  readonly stdin: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** What becomes messages, by the server's framing. A write waits while the client is behind. */
  readonly stdout: WritableStream<Uint8Array>;
  /** What is logged, line by line (event `child.stderr`). */
  readonly stderr: WritableStream<Uint8Array>;
  /** Its whole environment: CGI variables (RFC 3875 §4.1) and those of `passEnv`. */
  readonly env: Readonly<Record<string, string>>;
  /** The server's `args`. */
  readonly args: readonly string[];
  /** Is aborted when the program has to end. What is thrown because of it counts as an end by SIGINT. */
  readonly signal: AbortSignal;
  /**
   * stdin line by line, without newline or CRLF: with the framing `lines`, the
   * client's messages. Bytes that are not UTF-8 become U+FFFD.
   *
   * @throws {LineTooLongError} If a line has more than 16 MiB.
   */
  lines(): AsyncIterableIterator<string>;
  /**
   * Prints a line on stdout: with the framing `lines`, a message to the client.
   * Resolves when there is room for the next one; who does not wait for that
   * fills memory when the client is slow. Rejects when nobody can read it.
   */
  print(line: string): Promise<void>;
  /** The same on stderr. */
  printError(line: string): Promise<void>;
}

/** The other ends of a program's three pipes. */
export interface ProgramPipes {
  readonly stdin: MemoryPipe;
  readonly stdout: MemoryPipe;
  readonly stderr: MemoryPipe;
}

/** Makes what a function sees from the pipes to it. Streams are made when they are asked for: an idle program should hold little. */
export function programIo(
  { stdin, stdout, stderr }: ProgramPipes,
  rest: Pick<ProgramIo, "env" | "args" | "signal">,
): ProgramIo {
  const made: {
    stdin?: ProgramIo["stdin"];
    stdout?: ProgramIo["stdout"];
    stderr?: ProgramIo["stderr"];
  } = {};
  return {
    ...rest,
    get stdin(): ProgramIo["stdin"] {
      return made.stdin ??= readableOf(stdin);
    },
    get stdout(): ProgramIo["stdout"] {
      return made.stdout ??= writableOf(stdout);
    },
    get stderr(): ProgramIo["stderr"] {
      return made.stderr ??= writableOf(stderr);
    },
    lines: () => linesOf(stdin),
    print: (line) => stdout.write(ENCODER.encode(`${line}\n`)),
    printError: (line) => stderr.write(ENCODER.encode(`${line}\n`)),
  };
}

async function* linesOf(pipe: MemoryPipe): AsyncGenerator<string> {
  const lines = createFraming({ framing: "lines" }).decoder("stdout");
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const buffer = new Uint8Array(CHUNK);
  try {
    for (let isOpen = true; isOpen;) {
      const chunk = await pipe.read(buffer);
      isOpen = chunk !== null;
      const { bytes, bounds, count } = chunk === null
        ? lines.end()
        : lines.push(chunk);
      // All before the first is handed out: the batch is valid until the next read only, and somebody may read beside.
      const texts = Array.from(
        { length: count },
        (_, i) =>
          decoder.decode(bytes.subarray(bounds[2 * i], bounds[2 * i + 1])),
      );
      yield* texts;
    }
  } catch (cause) {
    if (!(cause instanceof LineTooLongError)) throw cause;
    throw new LineTooLongError(
      "Cannot read a line of more than 16 MiB: read stdin as bytes",
      { cause },
    );
  }
}

function readableOf(pipe: MemoryPipe): ProgramIo["stdin"] {
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK,
    async pull(controller): Promise<void> {
      const request = controller.byobRequest!;
      const view = request.view as Uint8Array<ArrayBuffer>;
      const chunk = await pipe.read(view);
      if (chunk === null) controller.close();
      request.respond(chunk?.byteLength ?? 0);
    },
    cancel: () => pipe.cancel(),
  });
}

function writableOf(pipe: MemoryPipe): WritableStream<Uint8Array> {
  return new WritableStream({
    write: (chunk) => pipe.write(chunk),
    close: () => pipe.close(),
    abort: () => pipe.abort(),
  });
}
