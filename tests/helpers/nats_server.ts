/**
 * A real NATS server on a free port of this machine.
 *
 * @module
 */
import { within } from "./deadline.ts";
import { Scratch } from "./scratch.ts";

/** Whether there is one. */
export const HAS_NATS: boolean = hasNats();

/** Settings of a {@linkcode NatsServer}. */
export interface NatsSettings {
  /** Whether it keeps leases. @default {true} */
  readonly jetStream?: boolean;
  /** More arguments. */
  readonly args?: readonly string[];
}

/** A NATS server that ends at the end of the scope it is declared in. */
export class NatsServer implements AsyncDisposable {
  readonly #scratch = new Scratch();
  readonly #settings: NatsSettings;
  #process: Deno.ChildProcess | null = null;
  #port = -1;

  private constructor(settings: NatsSettings) {
    this.#settings = settings;
  }

  /** Starts one. */
  static async start(settings: NatsSettings = {}): Promise<NatsServer> {
    const server = new NatsServer(settings);
    await server.start();
    return server;
  }

  /** Its address, with a group of its own if one is asked for. */
  url(group = ""): string {
    return `nats://127.0.0.1:${this.#port}/${group}`;
  }

  /** Starts it, on the same port as before. */
  async start(): Promise<void> {
    const { jetStream = true, args = [] } = this.#settings;
    const js = ["-js", "-sd", this.#scratch.file("js")];
    this.#process = new Deno.Command("nats-server", {
      args: [
        ...["-a", "127.0.0.1", "-p", `${this.#port}`],
        ...(jetStream ? js : []),
        ...args,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const ready = Promise.withResolvers<number>();
    void readPort(this.#process.stderr, ready.resolve);
    this.#port = await within(ready.promise, "the NATS server to listen");
  }

  /** Ends it, at once. */
  async stop(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#scratch[Symbol.dispose]();
  }
}

async function readPort(
  stderr: ReadableStream<Uint8Array>,
  found: (port: number) => void,
): Promise<void> {
  let text = "", port: number | undefined;
  for await (
    const chunk of stderr.pipeThrough(
      new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>,
    )
  ) {
    text += chunk;
    port ??= Number(
      /client connections on 127\.0\.0\.1:(\d+)/.exec(text)?.[1] ?? NaN,
    ) || undefined;
    if (port !== undefined && text.includes("Server is ready")) found(port);
  }
}

function hasNats(): boolean {
  try {
    return new Deno.Command("nats-server", {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false;
  }
}
