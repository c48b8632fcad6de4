import { ListenError, OptionError } from "../errors.ts";
import type { Event, EventSink, SessionInfo } from "../events.ts";
import type { WrongLogins } from "../http/auth/wrong_logins.ts";
import type { MetricsSource } from "../http/metrics.ts";
import { ProcessFamily } from "../process/family.ts";
import type { Sessions, SessionState, Slot } from "../session/sessions.ts";
import { settlesWithin } from "../settles_within.ts";
import { CLOSE } from "../socket/close_codes.ts";
import type { TcpPlace } from "./listen.ts";
import type { ServeOptions } from "./serve_options.ts";
import type {
  FromWorker,
  Started,
  StartFailure,
  ToWorker,
} from "./worker_messages.ts";

/** What a thread serves, and with whom it shares. */
export interface ThreadParts {
  /** Without functions. */
  readonly options: ServeOptions;
  /** Where the other threads listen, or null for the first. */
  readonly places: readonly TcpPlace[] | null;
  /** The random token of all threads. */
  readonly token: string;
  /** Counts the slots of all threads. */
  readonly slots: Pick<Sessions, "acquire">;
  /** Counts the wrong logins of all threads. */
  readonly wrongLogins: WrongLogins;
  /** Answers for all threads. */
  readonly metrics: MetricsSource;
  /** Hears what happens on the thread, except for its drain. */
  readonly onEvent: EventSink;
}

/** A session that its thread has not said to be closed, or a CGI script that has not ended. */
interface OpenSession {
  readonly session: SessionInfo;
  readonly pid: number;
  readonly openedAt: number;
  readonly isScript: boolean;
}

/** How often what a thread has left behind is killed, while anything of it is alive. */
const KILLS = 10;
/** How long a thread may take to say how its sessions stand, in milliseconds. What is known of one that takes longer has to do. */
const LOOK_MS = 2000;

/** What nobody has looked at. */
const NO_TRAFFIC = { messages: 0, bytes: 0 };
const NO_STALLS = { count: 0, ms: 0 };
const UNKNOWN = {
  sent: NO_TRAFFIC,
  received: NO_TRAFFIC,
  stalls: { client: NO_STALLS, program: NO_STALLS },
};

/** A thread that serves, as the main thread sees it. */
export class ServerThread {
  /** Resolves when it listens. Rejects if it cannot, or dies before. */
  readonly listening: Promise<Started>;
  /** Resolves when nothing of it is left, with what went wrong if it was not told to end. Never rejects. */
  readonly ended: Promise<string | null>;
  /** Sessions that its drain had to end. */
  killed = 0;
  readonly #worker: Worker;
  readonly #parts: ThreadParts;
  readonly #slots = new Map<number, Slot>();
  readonly #open = new Map<string, OpenSession>();
  readonly #unseen = new Int32Array(new SharedArrayBuffer(4));
  readonly #listening = Promise.withResolvers<Started>();
  readonly #ended = Promise.withResolvers<string | null>();
  /** How its sessions stood when it was last asked. */
  #states: readonly SessionState[] = [];
  #look: PromiseWithResolvers<void> | null = null;
  #isListening = false;
  #isOver = false;

  /** @param worker A new one that runs `worker.ts`. */
  constructor(worker: Worker, parts: ThreadParts) {
    this.#worker = worker;
    this.#parts = parts;
    this.listening = this.#listening.promise;
    this.ended = this.#ended.promise;
    this.listening.catch(() => {}); // It shows in `ended` as well.
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) =>
      this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      void this.#end(event.message);
    };
    worker.onmessageerror = () => void this.#end("a message was lost");
    const { options, places, token } = parts;
    this.#send({
      ...{ type: "start", options, places, token },
      unseen: this.#unseen,
    });
  }

  /** Lets its sessions end, then ends them, and itself. */
  drain(): void {
    if (this.#isListening) this.#send({ type: "drain" });
    else void this.destroy();
  }

  /** Kills its programs and ends it. */
  kill(): void {
    if (this.#isListening) this.#send({ type: "kill" });
    else void this.destroy();
  }

  /** How its sessions stand; as far as is known, if it is busy for long. Never rejects. */
  async states(): Promise<readonly SessionState[]> {
    if (this.#isOver) return this.#states;
    if (this.#look === null) {
      this.#look = Promise.withResolvers();
      this.#send({ type: "look" });
    }
    await settlesWithin(this.#look.promise, LOOK_MS);
    return this.#states;
  }

  /** Ends it without asking, and kills the programs it has left behind. Never rejects. */
  async destroy(): Promise<void> {
    await this.#end(null);
  }

  #send(message: ToWorker): void {
    if (!this.#isOver) this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    if (this.#isOver) return;
    switch (message.type) {
      case "listening":
        this.#isListening = true;
        return this.#listening.resolve(message);
      case "failed":
        this.#listening.reject(errorOf(message.failure));
        return void this.#end(message.failure.message);
      case "event":
        Atomics.sub(this.#unseen, 0, 1);
        Atomics.notify(this.#unseen, 0);
        return this.#pass(message.event);
      case "take":
        return this.#take(message.id, message.ip);
      case "release":
        this.#slots.get(message.id)?.release();
        this.#slots.delete(message.id);
        return;
      case "login": {
        const { id, ip, isWrong } = message;
        const { wrongLogins } = this.#parts;
        if (isWrong) wrongLogins.add(ip);
        const seconds = wrongLogins.waitSeconds(ip);
        return this.#send({ type: "waits", id, seconds });
      }
      case "metrics":
        return void this.#answerMetrics(message.id);
      case "states":
        this.#states = message.states;
        this.#look?.resolve();
        this.#look = null;
        return;
      case "ended":
        return void this.#end(null);
    }
  }

  #take(id: number, ip: string): void {
    const slot = this.#parts.slots.acquire(ip);
    const refusal = typeof slot === "string" ? slot : null;
    if (typeof slot !== "string") this.#slots.set(id, slot);
    this.#send({ type: "slot", id, refusal });
  }

  async #answerMetrics(id: number): Promise<void> {
    const families = await this.#parts.metrics.families();
    this.#send({ type: "families", id, families });
  }

  #pass(event: Event): void {
    switch (event.type) {
      case "drain.started":
        return;
      case "drain.finished":
        this.killed = event.killed;
        return;
      case "session.opened":
      case "cgi.started": {
        const { session, pid } = event;
        if (pid === null) break;
        this.#open.set(session.id, {
          ...{ session, pid },
          openedAt: performance.now(),
          isScript: event.type === "cgi.started",
        });
        break;
      }
      case "cgi.ended":
      case "session.closed":
        this.#open.delete(event.session.id);
        break;
    }
    this.#parts.onEvent(event);
  }

  async #end(problem: string | null): Promise<void> {
    if (this.#isOver) return void await this.ended;
    this.#isOver = true;
    this.#look?.resolve();
    this.#worker.terminate();
    this.#listening.reject(new Error(problem ?? "The server has been stopped"));
    await Promise.all([...this.#open.values()].map(killFamily));
    for (const open of this.#open.values()) this.#tellEnd(open);
    for (const slot of this.#slots.values()) slot.release();
    this.#ended.resolve(problem);
  }

  /** Says of a program what its thread cannot say any more. */
  #tellEnd({ session, pid, openedAt, isScript }: OpenSession): void {
    const { onEvent } = this.#parts;
    const ended = {
      ...{ session, pid, exit: null },
      durationMs: performance.now() - openedAt,
    };
    if (isScript) return onEvent({ type: "cgi.ended", ...ended });
    const { sent, received, stalls } =
      this.#states.find(({ id }) => id === session.id) ?? UNKNOWN;
    onEvent({
      type: "session.closed",
      ...{ ...ended, sent, received, stalls },
      code: CLOSE.ABNORMAL,
      reason: "",
    });
  }
}

/** Kills a program whose thread is gone, and everything it has started. They are found by their environment: the process id may belong to somebody else by now. */
async function killFamily({ session, pid }: OpenSession): Promise<void> {
  const family = new ProcessFamily(pid, session.id, () => false);
  // Those who start others all the time may have done so while they were looked for.
  for (let left = KILLS; left > 0 && await family.alive(); left--) {
    await family.signal("SIGKILL");
  }
}

function errorOf({ kind, message }: StartFailure): Error {
  switch (kind) {
    case "option":
      return new OptionError(message);
    case "listen":
      return new ListenError(message);
    case "other":
      return new Error(message);
  }
}
