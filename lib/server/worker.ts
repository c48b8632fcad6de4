/**
 * A thread that serves, beside others on the same port. It is started by
 * {@linkcode ServerThread}.
 *
 * @module
 */
import { ListenError, OptionError } from "../errors.ts";
import type { Event } from "../events.ts";
import type { Family } from "../http/metrics/prometheus.ts";
import type { NoSlot, Slot } from "../session/sessions.ts";
import { type LocalServer, serveHere } from "./serve.ts";
import { SharedPort } from "./shared_port.ts";
import type {
  Answer,
  FromWorker,
  StartFailure,
  ToWorker,
} from "./worker_messages.ts";

/** Events that the main thread may be behind; a program that floods stderr would otherwise fill its memory. */
const MAX_UNSEEN = 1024;
/** How long to wait before looking again, in milliseconds. */
const LOOK_MS = 100;

/** The thread's own side. The types of the library are those of the main thread. */
interface Port {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

const port = globalThis as unknown as Port;
/** Those who wait for an answer of the main thread. */
const asked = new Map<number, (answer: Answer) => void>();
let lastId = 0;
let server: LocalServer | null = null;
let unseen: Int32Array = new Int32Array(1);

port.onmessage = ({ data }) => {
  switch (data.type) {
    case "start":
      unseen = data.unseen;
      void start(data);
      return;
    case "slot":
    case "waits":
    case "families":
      asked.get(data.id)?.(data);
      asked.delete(data.id);
      return;
    case "look":
      port.postMessage({ type: "states", states: [...server?.states() ?? []] });
      return;
    case "drain":
      void server?.drain();
      return;
    case "kill":
      void server?.kill();
      return;
  }
};
// What nobody has caught must not end the sessions of everybody on this thread.
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  tellProblem("Unhandled rejection", event.reason);
});
globalThis.addEventListener("error", (event) => {
  event.preventDefault();
  tellProblem("Unhandled error", event.error);
});

async function start(
  { options, places, token }: Extract<ToWorker, { readonly type: "start" }>,
): Promise<void> {
  const shared = new SharedPort(places);
  try {
    server = await serveHere({ ...options, onEvent: tell }, {
      port: shared,
      token,
      slots: { take },
      metrics: { families },
      wrongLogins: { waitSeconds: (ip) => waitSeconds(ip), add: addWrong },
    });
  } catch (error) {
    port.postMessage({ type: "failed", failure: failureOf(error) });
    return;
  }
  const { addresses, link, token: ownToken } = server;
  port.postMessage({
    type: "listening",
    addresses,
    places: shared.places,
    link,
    token: ownToken,
  });
  await server.finished;
  port.postMessage({ type: "ended" });
}

/** Asks the main thread, which counts the slots of all threads. */
async function take(ip: string): Promise<Slot | NoSlot> {
  const { id, refusal } = await ask("slot", (id) => ({ type: "take", id, ip }));
  return refusal ?? {
    release: () => port.postMessage({ type: "release", id }),
  };
}

/** Asks the main thread, which counts the wrong logins of all threads. */
async function waitSeconds(ip: string, isWrong = false): Promise<number> {
  const { seconds } = await ask(
    "waits",
    (id) => ({ type: "login", id, ip, isWrong }),
  );
  return seconds;
}

async function addWrong(ip: string): Promise<void> {
  await waitSeconds(ip, true);
}

/** Asks the main thread, which hears the events of all threads. */
async function families(): Promise<readonly Family[]> {
  const answer = await ask("families", (id) => ({ type: "metrics", id }));
  return answer.families;
}

/** Asks the main thread. It answers always, or is gone. */
function ask<Type extends Answer["type"]>(
  _type: Type,
  question: (id: number) => FromWorker,
): Promise<Extract<Answer, { readonly type: Type }>> {
  const id = ++lastId;
  const { promise, resolve } = Promise.withResolvers<Answer>();
  asked.set(id, resolve);
  port.postMessage(question(id));
  return promise as Promise<Extract<Answer, { readonly type: Type }>>;
}

/** Hands an event to the main thread; waits, as a slow receiver on this thread would make it, while that is behind. */
function tell(event: Event): void {
  for (;;) {
    const count = Atomics.load(unseen, 0);
    if (count < MAX_UNSEEN) break;
    Atomics.wait(unseen, 0, count, LOOK_MS);
  }
  Atomics.add(unseen, 0, 1);
  try {
    port.postMessage({ type: "event", event });
  } catch {
    // What an error carries may be bound to this thread.
    const { error } = event as { readonly error?: unknown };
    port.postMessage({
      type: "event",
      event: { ...event, error: Deno.inspect(error) } as Event,
    });
  }
}

function tellProblem(what: string, error: unknown): void {
  const why = error instanceof Error ? error.stack : Deno.inspect(error);
  tell({ type: "error", message: `${what}: ${why}`, error });
}

function failureOf(error: unknown): StartFailure {
  if (error instanceof OptionError) {
    return { kind: "option", message: error.message };
  }
  if (error instanceof ListenError) {
    return { kind: "listen", message: error.message };
  }
  const message = error instanceof Error
    ? error.stack ?? error.message
    : Deno.inspect(error);
  return { kind: "other", message };
}
