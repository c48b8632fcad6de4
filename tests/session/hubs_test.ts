import { assert, assertEquals } from "@std/assert";
import type { SessionInfo } from "../../lib/events.ts";
import { createFraming } from "../../lib/framing/create_framing.ts";
import type { ProgramIo } from "../../lib/process/program_io.ts";
import type { RelayedProgram } from "../../lib/relay/relayed_program.ts";
import type { HubParts } from "../../lib/session/hub.ts";
import type { HubOptions } from "../../lib/session/hub_options.ts";
import { Hubs, type Reservation } from "../../lib/session/hubs.ts";
import type { JoinRelay } from "../../lib/session/leadership.ts";
import type { Ended } from "../../lib/session/seat_connection.ts";
import { Sessions, type SlotOptions } from "../../lib/session/sessions.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { VisitorSocket } from "../helpers/visitor_socket.ts";

Deno.test("Hubs keeps a program for a client that asked before it ran and joins when the first has left", async () => {
  const house = new House();
  const first = house.reserve("room");
  const second = house.reserve("room");
  const a = house.join(first);
  await a.hears(1);
  a.leave();
  await house.isGone(0);
  const b = house.join(second);
  b.say("still there");
  assertEquals((await b.hears(1)).at(-1), "run 0: still there");
  assertEquals(b.closedBy, null);
  b.leave();
  await house.empty();
  assertEquals(house.runs.length, 1);
});

Deno.test("Hubs ends a program without clients when the last who has asked for it does not come", async () => {
  const house = new House();
  const a = house.join(house.reserve("room"));
  await a.hears(1);
  const second = house.reserve("room");
  a.leave();
  await house.isGone(0);
  assert(!house.runs[0].hasEnded);
  second.cancel();
  await eventually(() => house.runs[0].hasEnded, "the program to end");
  await house.empty();
});

Deno.test("Hubs starts the next program of a key when the last is gone, in its slot", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const house = new House({ maxForks: 1, mayEnd: promise });
  const a = house.join(house.reserve("room"));
  await a.hears(1);
  a.leave();
  await house.isGone(0);
  assertEquals(house.hubs.reserve("another", "127.0.0.1"), "limit");
  const b = house.join(house.reserve("room"));
  const c = house.join(house.reserve("room"));
  resolve();
  assertEquals(await b.hears(1), ["run 1"]);
  assertEquals(house.most, 1);
  b.leave();
  c.leave();
  await house.empty();
  assertEquals(house.runs.length, 2);
});

Deno.test("Hubs runs one program of a key at a time, though one who asked for the next has gone away", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const house = new House({ mayEnd: promise });
  const a = house.join(house.reserve("room"));
  await a.hears(1);
  a.leave();
  await house.isGone(0);
  house.reserve("room").cancel();
  const b = house.join(house.reserve("room"));
  b.say("hello");
  // Whoever would be started now has been: another key is served at once.
  const c = house.join(house.reserve("another"));
  await c.hears(1);
  assertEquals(b.texts, []);
  resolve();
  assertEquals(await b.hears(2), ["run 2", "run 2: hello"]);
  b.leave();
  c.leave();
  await house.empty();
});

Deno.test("Hubs lets a drain end though a client waits for a program whose last run is still ending", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const house = new House({ mayEnd: promise });
  const a = house.join(house.reserve("room"));
  await a.hears(1);
  a.leave();
  await house.isGone(0);
  const b = house.join(house.reserve("room"));
  const empty = house.empty();
  resolve();
  await empty;
  assertEquals(b.closedBy?.code, 1001);
  assertEquals(house.runs.length, 1);
});

Deno.test("Hubs lets go of a program that was to be shared through a relay, though that was never there", async () => {
  const joined = Promise.withResolvers<RelayedProgram<Ended>>();
  const house = new House({ relay: () => joined.promise });
  const a = house.join(house.reserve("room"));
  a.leave();
  await house.isGone(0);
  await house.empty();
  assertEquals(house.runs.length, 0);
  // It comes up when nobody is there any more.
  const closed = Promise.withResolvers<void>();
  joined.resolve({
    setClients(): void {},
    forget(): void {},
    close: () => Promise.resolve(closed.resolve()),
  } as unknown as RelayedProgram<Ended>);
  await within(closed.promise, "the relay to be left");
});

Deno.test("Hubs keeps no more than sendBuffer of what clients sent that have left before the program took it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const each = 100_000;
  const house = new House({
    mayRead: promise,
    lingerMs: Infinity,
    sendBuffer: 3 * each,
  });
  for (let i = 0; i < 8; i++) {
    const visitor = house.join(house.reserve("room"));
    visitor.say("x".repeat(each));
    visitor.leave();
    await house.isGone(i);
  }
  const last = house.join(house.reserve("room"));
  last.say("and I");
  resolve();
  // One was on its way already; each has a newline, so that two more are what is kept.
  assertEquals((await last.hears(4)).at(-1), "run 0: and I");
  assertEquals(last.texts.length, 4);
  last.leave();
  await house.sessions.kill();
});

/** Shared programs that say what they are told. Each ends when it has no input, and the test lets it. */
class House {
  readonly runs: { hasEnded: boolean }[] = [];
  readonly sessions: Sessions;
  readonly hubs: Hubs;
  /** Most programs there were at a time. */
  most = 0;
  readonly #visits: Promise<void>[] = [];
  readonly #mayRead: Promise<void>;
  readonly #mayEnd: Promise<void>;
  readonly #relay: JoinRelay | undefined;

  constructor(
    {
      mayRead = Promise.resolve(),
      mayEnd = Promise.resolve(),
      relay,
      ...options
    }:
      & HubOptions
      & SlotOptions
      & {
        readonly mayRead?: Promise<void>;
        readonly mayEnd?: Promise<void>;
        readonly relay?: JoinRelay;
      } = {},
  ) {
    this.#relay = relay;
    this.#mayRead = mayRead;
    this.#mayEnd = mayEnd;
    this.sessions = new Sessions(options);
    // A program is given the time that a test may take.
    this.hubs = new Hubs(this.sessions, { closeMs: 60_000, ...options });
  }

  reserve(key: string): Reservation {
    const reservation = this.hubs.reserve(key, "127.0.0.1");
    if (typeof reservation === "string") throw new Error(reservation);
    return reservation;
  }

  join(reservation: Reservation): VisitorSocket {
    const socket = new VisitorSocket();
    const info = infoOf(`client ${this.#visits.length}`);
    const visit = { info, point: {}, speaksV1: false };
    this.#visits.push(reservation.join(socket, visit, () => this.#parts()));
    return socket;
  }

  /** Waits until a client is gone for good. */
  async isGone(index: number): Promise<void> {
    await within(this.#visits[index], "a client to be gone");
  }

  /** Waits until nobody is there, and nothing is held. */
  async empty(): Promise<void> {
    assertEquals(await within(this.sessions.drain(60_000), "the end"), 0);
    assertEquals(this.sessions.size, 0);
  }

  #parts(): HubParts {
    return {
      info: infoOf("program"),
      program: { run: (io) => this.#run(io) },
      env: {},
      framing: createFraming({ framing: "lines" }),
      onEvent(): void {},
      isPrivate: false,
      relay: this.#relay,
    };
  }

  async #run(io: ProgramIo): Promise<void> {
    const run = { hasEnded: false };
    const name = `run ${this.runs.push(run) - 1}`;
    const running = this.runs.filter(({ hasEnded }) => !hasEnded).length;
    this.most = Math.max(this.most, running);
    await io.print(name);
    await this.#mayRead;
    for await (const line of io.lines()) await io.print(`${name}: ${line}`);
    await this.#mayEnd;
    run.hasEnded = true;
  }
}

function infoOf(id: string): SessionInfo {
  return {
    remoteAddr: "127.0.0.1",
    remoteHost: "127.0.0.1",
    remotePort: 1,
    method: "GET",
    url: "http://localhost/",
    origin: null,
    user: "",
    authType: "",
    certificate: null,
    requestId: null,
    id,
    command: ["program"],
    hub: "room",
  };
}
