/**
 * The library's server in the test's own process, with its events.
 *
 * @module
 */
import {
  type Event,
  serve,
  type ServeOptions,
  type Server,
} from "../../lib/mod.ts";
import { eventually, within } from "./deadline.ts";
import { ENGINE } from "./engine.ts";

/** An event of one type. */
export type EventOf<Type extends Event["type"]> = Extract<
  Event,
  { readonly type: Type }
>;

/** A server and everything that has happened on it. Its programs are killed at the end of the scope it is declared in. */
export class ProgramServer implements AsyncDisposable {
  readonly events: Event[] = [];
  /** Times of the events, by `performance.now()`. */
  readonly times: number[] = [];
  #server!: Server;

  /** Serves a program on a free port. */
  static async start(options: ServeOptions): Promise<ProgramServer> {
    const server = new ProgramServer();
    server.#server = await serve({
      port: 0,
      address: ["127.0.0.1"],
      engine: ENGINE,
      ...options,
      onEvent: (event) => {
        server.events.push(event);
        server.times.push(performance.now());
      },
    });
    return server;
  }

  /** Serves a shell script on a free port. */
  static bash(
    script: string,
    options: Partial<ServeOptions> & { readonly args?: readonly string[] } = {},
  ): Promise<ProgramServer> {
    return ProgramServer.start({
      command: "bash",
      ...options,
      args: ["-c", script, "bash", ...options.args ?? []],
    });
  }

  get port(): number {
    return this.#server.addresses[0].port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  /** The events of one type so far. */
  of<Type extends Event["type"]>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> =>
      event.type === type
    );
  }

  /** Waits for an event; `index` counts those of its type from 0. */
  async next<Type extends Event["type"]>(
    type: Type,
    index = 0,
    ms: number | undefined = undefined,
  ): Promise<EventOf<Type>> {
    return await eventually(
      () => this.of(type)[index],
      () =>
        `${type} after ${this.events.map((event) => event.type).join(", ")}`,
      ms,
    );
  }

  /** When the first event of a type happened. */
  timeOf(type: Event["type"]): number {
    return this.times[this.events.findIndex((event) => event.type === type)];
  }

  async drain(): Promise<void> {
    await within(this.#server.drain(), "the server to drain");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(this.#server.kill(), "the server to end");
  }
}
