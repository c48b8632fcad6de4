import { delay } from "./delay.ts";
import { type Processes, StderrTail } from "./processes.ts";

// Deno compiles TypeScript at its first start; a busy machine takes seconds for it.
const START_MS = 20_000;
// Between two looks at a starting server; short against the start-up time that is measured with it.
const PROBE_MS = 1;
// Somebody may take the free port before the server does.
const ATTEMPTS = 3;

/** A server's command line up to where `--port`, `--address` and the program follow; all servers here share websocketd's. */
export interface ServerCommand {
  readonly title: string;
  readonly command: readonly string[];
  /** Takes the words that give port and program. */
  readonly listenWords?: (port: number, program: readonly string[]) => string[];
}

/** A server that listens on a free port of 127.0.0.1 until it is disposed of. */
export interface Server extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** When its process was started, by `performance.now()`. */
  readonly startedAt: number;
  /** How long it then took until it accepted a connection. */
  readonly listeningMs: number;
}

/** Starts a server and waits until it listens. */
export async function startServer(
  processes: Processes,
  server: ServerCommand,
  program: readonly string[],
): Promise<Server> {
  for (let attempt = 1;; attempt++) {
    try {
      return await start(processes, server, program);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function start(
  processes: Processes,
  server: ServerCommand,
  program: readonly string[],
): Promise<Server> {
  const port = freePort();
  const words = server.listenWords?.(port, program) ??
    websocketdWords(port, program);
  const command = [...server.command, ...words];
  const startedAt = performance.now();
  // stdout is its log: both servers write it, nobody reads it.
  const child = processes.start(command, { stdin: "null", stdout: "null" });
  const stderr = new StderrTail(child.stderr);
  let ended = false;
  void child.status.then(() => ended = true);
  while (!await listens(port)) {
    const waitedMs = performance.now() - startedAt;
    if (ended || waitedMs > START_MS) {
      await processes.end(child);
      throw new Error(
        `Cannot start "${command.join(" ")}": ${
          ended
            ? `it has ended. ${stderr}`
            : `not listening after ${START_MS} ms`
        }`,
      );
    }
    await delay(PROBE_MS);
  }
  const listeningMs = performance.now() - startedAt;
  return {
    port,
    pid: child.pid,
    startedAt,
    listeningMs,
    [Symbol.asyncDispose]: () => processes.end(child),
  };
}

function websocketdWords(port: number, program: readonly string[]): string[] {
  return [`--port=${port}`, "--address=127.0.0.1", ...program];
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function listens(port: number): Promise<boolean> {
  try {
    using _ = await Deno.connect({ hostname: "127.0.0.1", port });
    return true;
  } catch {
    return false;
  }
}
