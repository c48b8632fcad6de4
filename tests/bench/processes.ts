/** How long a process has between being asked to end and being ended. */
const GRACE_MS = 3000;

/**
 * The processes that this run has started. Every one of them has ended, by its process id, when this is disposed of; `kill` does it at once for the
 * ways out that cannot wait.
 */
export class Processes implements AsyncDisposable {
  #running = new Set<Deno.ChildProcess>();

  /** Starts a program with stdin and stdout as asked and stderr piped. */
  start(
    command: readonly string[],
    io: { readonly stdin: "piped" | "null"; readonly stdout: "piped" | "null" },
  ): Deno.ChildProcess {
    const child = new Deno.Command(command[0], {
      args: command.slice(1),
      ...io,
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    this.#running.add(child);
    void child.status.then(() => this.#running.delete(child));
    return child;
  }

  /** Asks a process to end, ends it when it does not, and waits until it has. */
  async end(child: Deno.ChildProcess): Promise<void> {
    if (!this.#running.has(child)) return;
    signal(child, "SIGTERM");
    const timer = setTimeout(() => signal(child, "SIGKILL"), GRACE_MS);
    await child.status;
    clearTimeout(timer);
  }

  /** Ends every process without waiting for any. */
  kill(): void {
    for (const child of this.#running) signal(child, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((child) => this.end(child)));
  }
}

/** The last part of what a process wrote to its stderr, which is always read to its end. */
export class StderrTail {
  #text = "";

  constructor(stderr: ReadableStream<Uint8Array>) {
    // A failing pipe ends with its process, which is noticed elsewhere.
    void this.#read(stderr).catch(() => {});
  }

  toString(): string {
    return this.#text.trim();
  }

  async #read(stderr: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stderr) {
      this.#text = (this.#text + decoder.decode(chunk, { stream: true })).slice(
        -2000,
      );
    }
  }
}

function signal(child: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch {
    // It has ended in the meantime.
  }
}
