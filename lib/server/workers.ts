/**
 * Serving with several threads.
 *
 * @module
 */
import type { EventSink } from "../events.ts";
import { createToken } from "../http/auth/token_auth.ts";
import { WrongLogins } from "../http/auth/wrong_logins.ts";
import { unthrowing } from "../options.ts";
import { Sessions, type SessionState } from "../session/sessions.ts";
import { settlesWithin } from "../settles_within.ts";
import type { TcpPlace } from "./listen.ts";
import type { Server } from "./serve.ts";
import type { ServeOptions } from "./serve_options.ts";
import { ServerThread } from "./server_thread.ts";
import { ThreadMetrics } from "./thread_metrics.ts";
import type { Started } from "./worker_messages.ts";

/** How long to wait before a thread takes the place of one that has died, in milliseconds. */
const AGAIN_MS = 1000;
/** How long a thread may take to end when nothing waits for programs or clients any more, in milliseconds. One that takes longer hangs. */
const ENDED_MS = 15_000;
/** The same for one that has been told to kill everything. */
const KILLED_MS = 5000;

/** Starts a thread that runs `worker.ts`. */
function startWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
  });
}

/**
 * Serves with several threads that listen on the same port; the system gives
 * each new client to one of them. Limits, wrong logins, metrics, drain and token
 * are common to all. A thread that dies takes its sessions with it, and is
 * replaced.
 *
 * @param start Starts a thread. Default: one that runs `worker.ts`.
 * @throws {OptionError} If an option cannot be used.
 * @throws {ListenError} If it cannot listen on one of the addresses; then it listens on none.
 */
export async function serveWithWorkers(
  options: ServeOptions,
  count: number,
  start: () => Worker = startWorker,
): Promise<Server> {
  const threads = new Threads(options, start);
  try {
    const { addresses, link, token } = await threads.start(count);
    return {
      addresses,
      link,
      token,
      finished: threads.finished,
      drain: () => threads.drain(),
      kill: () => threads.kill(),
    };
  } catch (error) {
    await threads.kill();
    throw error;
  }
}

class Threads {
  readonly finished: Promise<void>;
  readonly #finished = Promise.withResolvers<void>();
  readonly #options: ServeOptions;
  readonly #startWorker: () => Worker;
  readonly #onEvent: EventSink;
  readonly #metrics = new ThreadMetrics(() => this.#states());
  readonly #token = createToken();
  /** Counts the slots of all threads; runs none of their sessions. */
  readonly #slots: Sessions;
  readonly #wrongLogins = new WrongLogins();
  readonly #alive = new Set<ServerThread>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #places: readonly TcpPlace[] | null = null;
  #isStarted = false;
  #isEnding = false;
  #drained: Promise<void> | null = null;

  constructor(options: ServeOptions, startWorker: () => Worker) {
    const { onEvent = () => {} } = options;
    this.#options = forThread(options);
    this.#startWorker = startWorker;
    const tell = unthrowing(onEvent);
    this.#onEvent = (event) => {
      this.#metrics.sink(event);
      tell(event);
    };
    this.#slots = new Sessions(options);
    this.finished = this.#finished.promise;
  }

  /** Starts all threads. Rejects if one cannot serve. */
  async start(count: number): Promise<Started> {
    // The first finds a port, and says where it listens.
    const started = await this.#startThread(0).listening;
    this.#places = started.places;
    const others = Array.from({ length: count - 1 }, (_, i) => i + 1);
    await Promise.all(
      others.map((index) => this.#startThread(index).listening),
    );
    if (this.#alive.size < count) {
      throw new Error("Cannot serve: a thread has ended as soon as it began");
    }
    this.#isStarted = true;
    return started;
  }

  drain(): Promise<void> {
    return this.#drained ??= this.#drain();
  }

  async kill(): Promise<void> {
    this.#stopStarting();
    for (const thread of this.#alive) thread.kill();
    await this.#endWithin(KILLED_MS);
    this.#finished.resolve();
  }

  async #drain(): Promise<void> {
    this.#stopStarting();
    this.#onEvent({ type: "drain.started", sessions: this.#slots.size });
    const draining = [...this.#alive];
    for (const thread of draining) thread.drain();
    const { drainMs = 3000 } = this.#options;
    await this.#endWithin(drainMs + ENDED_MS);
    const killed = draining.reduce((sum, thread) => sum + thread.killed, 0);
    this.#onEvent({ type: "drain.finished", killed });
    this.#finished.resolve();
  }

  async #states(): Promise<SessionState[]> {
    const threads = [...this.#alive].map((thread) => thread.states());
    return (await Promise.all(threads)).flat();
  }

  #stopStarting(): void {
    this.#isEnding = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Waits for all threads, and ends those that hang. */
  async #endWithin(ms: number): Promise<void> {
    const ended = Promise.all([...this.#alive].map(({ ended }) => ended));
    if (!await settlesWithin(ended, ms)) {
      await Promise.all([...this.#alive].map((thread) => thread.destroy()));
    }
  }

  #startThread(index: number): ServerThread {
    const isFirst = index === 0;
    // What a thread says while it starts, the first has said already.
    let isNews = this.#places === null;
    const thread = new ServerThread(this.#startWorker(), {
      options: isFirst ? this.#options : withoutOtherPorts(this.#options),
      places: this.#places,
      token: this.#token,
      slots: this.#slots,
      wrongLogins: this.#wrongLogins,
      metrics: this.#metrics,
      onEvent: (event) => {
        const isAboutStart = ["server.listening", "error"].includes(event.type);
        if (isNews || !isAboutStart) this.#onEvent(event);
      },
    });
    this.#alive.add(thread);
    void thread.listening.then(() => isNews = true, () => {});
    void thread.ended.then((problem) => this.#ended(thread, index, problem));
    return thread;
  }

  #ended(thread: ServerThread, index: number, problem: string | null): void {
    this.#alive.delete(thread);
    if (this.#isEnding || !this.#isStarted) return;
    this.#onEvent({
      type: "error",
      message:
        `A thread that serves has ended, with its sessions, and is started again: ${
          problem ?? "nothing says why"
        }`,
    });
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#startThread(index);
    }, AGAIN_MS);
    this.#timers.add(timer);
  }
}

/** What a thread gets: functions cannot be sent to it. */
function forThread(options: ServeOptions): ServeOptions {
  const entries = Object.entries({ ...options, workers: undefined });
  return Object.fromEntries(
    entries.filter(([_, value]) => typeof value !== "function"),
  );
}

/** What all threads but the first get: it has the ports that cannot be shared. */
function withoutOtherPorts(options: ServeOptions): ServeOptions {
  const { adminAddress } = options;
  return {
    ...options,
    redirPort: undefined,
    adminAddress: undefined,
    // What is answered there only must not be answered here instead.
    ...adminAddress !== undefined && { health: undefined, metrics: undefined },
  };
}
