/**
 * The original websocketd, to compare with.
 *
 * @module
 */
import { eventually, within } from "./deadline.ts";

const PATH = "/usr/bin/websocketd";

/** A running original; killed at the end of the scope it is declared in. */
export class Original implements AsyncDisposable {
  readonly port: number;
  /** What it has logged so far. */
  log = "";
  readonly #child: Deno.ChildProcess;
  readonly #reader: Promise<void>;

  private constructor(
    port: number,
    args: readonly string[],
    env: Record<string, string>,
  ) {
    this.port = port;
    this.#child = new Deno.Command(PATH, {
      args: [`--port=${port}`, "--address=127.0.0.1", ...args],
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#reader = this.#read();
  }

  /** Starts it on a free port. */
  static async start(
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<Original> {
    const original = new Original(freePort(), args, env);
    try {
      await eventually(
        () => original.log.includes("Starting WebSocket server"),
        () => `websocketd to listen:\n${original.log}`,
      );
      // It says so before it does.
      await eventually(
        () => isListening(original.port),
        "websocketd to listen",
      );
      return original;
    } catch (error) {
      await original[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await within(this.#reader, "websocketd's log to end");
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stdout) {
      this.log += decoder.decode(chunk, { stream: true });
    }
  }
}

/** A port that was free a moment ago: the original cannot pick one itself. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
