import { assert, assertEquals } from "@std/assert";
import type { Batch } from "../../lib/framing/batch.ts";
import { OutputLog } from "../../lib/framing/output_log.ts";
import { Broker, LEASE_MS } from "../../lib/relay/broker.ts";
import {
  type RelayedHub,
  RelayedProgram,
} from "../../lib/relay/relayed_program.ts";
import { parseRelayUrl } from "../../lib/relay/relay_url.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { HAS_NATS, NatsServer } from "../helpers/nats_server.ts";

function test(name: string, fn: (nats: NatsServer) => Promise<void>): void {
  Deno.test({
    name: `relayed program: ${name}`,
    ignore: !HAS_NATS,
    async fn(): Promise<void> {
      await using nats = await NatsServer.start();
      await fn(nats);
    },
  });
}

test("what the leader prints comes to every follower, once and in order", async (nats) => {
  await using one = await FakeHub.join(nats, "one");
  await one.leads();
  await using two = await FakeHub.join(nats, "two");
  await using three = await FakeHub.join(nats, "three");
  const lines = Array.from({ length: 3000 }, (_, i) => `line ${i}`);
  for (const line of lines) one.print(line);
  await eventually(
    () => two.lines.length >= 3000 && three.lines.length >= 3000,
    () => `${two.lines.length} and ${three.lines.length} of 3000 lines`,
  );
  assertEquals(two.lines, lines);
  assertEquals(three.lines, lines);
  assertEquals(two.log.epoch, one.log.epoch);
});

test("a follower that joins late gets what the leader keeps, then what follows", async (nats) => {
  await using one = await FakeHub.join(nats, "one");
  await one.leads();
  for (let i = 0; i < 10; i++) one.print(`${i}`);
  await one.program.publish();
  await using two = await FakeHub.join(nats, "two");
  await eventually(() => two.isCaughtUp, "it to have caught up");
  assertEquals(two.lines.length, 10);
  one.print("10");
  await eventually(() => two.lines.length === 11, "what was printed after");
  assertEquals(two.lines, Array.from({ length: 11 }, (_, i) => `${i}`));
});

test("a follower learns how many messages it has missed that nobody keeps", async (nats) => {
  await using one = await FakeHub.join(nats, "one");
  await one.leads();
  for (let i = 0; i < 30; i++) one.print("x".repeat(60_000));
  one.log.forget(20);
  assert(one.log.first > 0);
  await one.program.publish();
  await using two = await FakeHub.join(nats, "two");
  await eventually(() => two.log.next === 30, "the last message");
  assertEquals(two.log.first, one.log.first);
  assertEquals(two.lines.length, 30 - one.log.first);
});

test("a message longer than the broker carries comes whole, both ways", async (nats) => {
  await using one = await FakeHub.join(nats, "one");
  await one.leads();
  await using two = await FakeHub.join(nats, "two");
  const long = "0123456789".repeat(500_000);
  one.print(long);
  await eventually(() => two.lines.length === 1, "the long line");
  assert(two.lines[0] === long);
  await two.program.write("seat", batchOf(long));
  assert(one.taken[0] === `seat ${long}`);
});

test("what clients elsewhere send reaches the program in order, and is waited for while that is slow", async (nats) => {
  await using one = await FakeHub.join(nats, "one");
  await one.leads();
  await using two = await FakeHub.join(nats, "two");
  const gate = Promise.withResolvers<void>();
  one.gate = gate.promise;
  const first = two.program.write("a", batchOf("one", "two"));
  const second = two.program.write("a", batchOf("three"));
  const other = two.program.write("b", batchOf("four"));
  let written = 0;
  for (const one of [first, second, other]) void one.then(() => written++);
  // Longer than an answer may take: it is asked for again meanwhile.
  await pause(3000);
  assertEquals([written, one.taken], [0, []]);
  gate.resolve();
  await within(Promise.all([first, second, other]), "the input to be taken");
  assertEquals(one.taken.filter((line) => line.startsWith("a")), [
    "a one",
    "a two",
    "a three",
  ]);
  assertEquals(one.taken.length, 4);
});

test("when the leader gives up another leads at once, and input that waited goes there", async (nats) => {
  const one = await FakeHub.join(nats, "one");
  await one.leads();
  await using two = await FakeHub.join(nats, "two");
  await using three = await FakeHub.join(nats, "three");
  one.print("old");
  await eventually(() => three.lines.length === 1, "the old line");
  await one[Symbol.asyncDispose]();
  const since = performance.now();
  const sent = three.program.write("seat", batchOf("hello"));
  const next = await eventually(
    () => [two, three].find(({ program }) => program.leads),
    "another to lead",
  );
  assert(performance.now() - since < LEASE_MS / 2);
  const follower = next === two ? three : two;
  next.print("new");
  await eventually(() => follower.lines.at(-1) === "new", "the new line");
  assertEquals(follower.log.epoch, next.log.epoch);
  await within(sent, "the input to be taken");
  assertEquals(next.taken, ["seat hello"]);
});

test("the leader learns which clients elsewhere have left before their messages were taken", async (nats) => {
  await using one = await FakeHub.join(nats, "one");
  await one.leads();
  const gate = Promise.withResolvers<void>();
  one.gate = gate.promise;
  await using two = await FakeHub.join(nats, "two");
  const writes = ["stays", "leaves"]
    .map((seat) => two.program.write(seat, batchOf("last words")));
  two.program.forget("leaves");
  await eventually(() => one.gone.length > 0, "it to learn that one has left");
  assertEquals(new Set(one.gone), new Set(["leaves"]));
  gate.resolve();
  await within(Promise.all(writes), "the input to be taken");
  assertEquals(one.taken.toSorted(), ["leaves last words", "stays last words"]);
});

test("when the leader gives up, what a client has sent at different times goes on in order", async (nats) => {
  const one = await FakeHub.join(nats, "one");
  await one.leads();
  // Takes nothing, so that both are asked for again, in turn.
  one.gate = new Promise(() => {});
  await using two = await FakeHub.join(nats, "two");
  await using three = await FakeHub.join(nats, "three");
  const first = three.program.write("seat", batchOf("first"));
  await pause(1000);
  const second = three.program.write("seat", batchOf("second"));
  await pause(1600);
  await one[Symbol.asyncDispose]();
  await within(Promise.all([first, second]), "the input to be taken");
  const next = [two, three].find(({ program }) => program.leads)!;
  assertEquals(next.taken, ["seat first", "seat second"]);
});

test("what a leader that is about to give up does not take is for the next one, in order", async (nats) => {
  const one = await FakeHub.join(nats, "one");
  await one.leads();
  await using two = await FakeHub.join(nats, "two");
  await two.program.write("seat", batchOf("before"));
  one.isStopping = true;
  const local = one.program.write("of one", batchOf("too late"));
  const sent = ["first", "second"]
    .map((text) => two.program.write("seat", batchOf(text)));
  // It is asked, and says no.
  await pause(300);
  await one[Symbol.asyncDispose]();
  await within(Promise.all([local, ...sent]), "the input to be taken");
  assertEquals(one.taken, ["seat before"]);
  assertEquals(two.taken, ["seat first", "seat second"]);
});

test("one that has followed publishes when it leads", async (nats) => {
  const one = await FakeHub.join(nats, "one");
  await one.leads();
  await using two = await FakeHub.join(nats, "two");
  one.print("old");
  await eventually(() => two.lines.length === 1, "the old line");
  await two.program.publish();
  await one[Symbol.asyncDispose]();
  await two.leads();
  await using three = await FakeHub.join(nats, "three");
  two.print("new");
  await eventually(() => three.lines.includes("new"), "the new line");
});

test("a leader that is cut off ends its program, and what it says later is not believed", async (nats) => {
  await using one = await FakeHub.join(nats, "one");
  await one.leads();
  await using two = await FakeHub.join(nats, "two");
  one.print("old");
  await eventually(() => two.lines.length === 1, "the old line");
  await one.broker.close();
  await eventually(() => two.program.leads, "two to lead");
  await eventually(() => one.roles.at(-1) === "follow", "one to end its own");
  assertEquals([one.program.leads, two.roles], [false, ["lead"]]);
});

test("servers know how many clients the others have, and forget those that are gone", async (nats) => {
  await using one = await FakeHub.join(nats, "one");
  await one.leads();
  await using two = await FakeHub.join(nats, "two");
  two.program.setClients(3);
  await eventually(() => one.program.clientsElsewhere === 3, "3 elsewhere");
  two.program.setClients(0);
  await eventually(() => one.program.clientsElsewhere === 0, "0 elsewhere");
  two.program.setClients(2);
  await eventually(() => one.program.clientsElsewhere === 2, "2 elsewhere");
  await two.broker.close();
  await eventually(() => one.program.clientsElsewhere === 0, "none left");
});

test("followers learn how the program has ended, behind its last line", async (nats) => {
  await using one = await FakeHub.join(nats, "one");
  await one.leads();
  await using two = await FakeHub.join(nats, "two");
  one.print("last");
  await one.program.publishEnd("exit 3");
  await eventually(() => two.end !== null, "the end");
  assertEquals([two.lines, two.end], [["last"], "exit 3"]);
});

test("programs of two keys, and of two groups, know nothing of each other", async (nats) => {
  await using one = await FakeHub.join(nats, "one", { key: "a" });
  await using two = await FakeHub.join(nats, "two", { key: "b" });
  await using three = await FakeHub.join(nats, "three", { group: "other" });
  await Promise.all([one.leads(), two.leads(), three.leads()]);
  one.print("of one");
  await one.program.publish();
  await two.program.publish();
  assertEquals([two.lines, three.lines], [[], []]);
});

test("what anybody sends to its subjects harms nobody", async (nats) => {
  await using one = await FakeHub.join(nats, "one");
  await one.leads();
  await using two = await FakeHub.join(nats, "two");
  const subjects: string[] = [];
  const stop = two.broker.listen(
    `${two.broker.prefix}.*.out`,
    () => subjects.push("out"),
  );
  one.print("x");
  await eventually(() => two.lines.length === 1, "a line");
  stop();
  for (const what of ["out", "in", "fetch", "here"]) {
    for (const junk of [[], [1], [1, ...new Array(40).fill(7)]]) {
      const subject = two.program.subject + "." + what;
      two.broker.publish(subject, Uint8Array.from(junk));
    }
  }
  await two.broker.flush();
  one.print("y");
  await eventually(() => two.lines.length === 2, "another line");
});

/** A hub without program and clients. */
class FakeHub implements RelayedHub<string>, AsyncDisposable {
  log = new OutputLog("none");
  readonly roles: string[] = [];
  readonly lines: string[] = [];
  readonly taken: string[] = [];
  readonly gone: string[] = [];
  /** What taking waits for. */
  gate: Promise<void> = Promise.resolve();
  end: string | null = null;
  isCaughtUp = false;
  /** Whether it takes nothing any more. */
  isStopping = false;
  readonly broker: Broker;
  readonly program: RelayedProgram<string>;

  private constructor(broker: Broker, key: string, name: string) {
    this.broker = broker;
    this.program = new RelayedProgram(broker, key, name, this);
  }

  static async join(
    nats: NatsServer,
    name: string,
    { key = "all", group = "test" } = {},
  ): Promise<FakeHub> {
    const place = parseRelayUrl(nats.url(group));
    return new FakeHub(
      await Broker.connect(place, { onChange: () => {} }),
      key,
      name,
    );
  }

  leads(): Promise<unknown> {
    return eventually(() => this.program.leads, "it to lead");
  }

  print(line: string): void {
    this.log.append(batchOf(line));
    void this.program.publish();
  }

  lead(): void {
    this.roles.push("lead");
    this.log = new OutputLog(crypto.randomUUID());
  }

  follow(): void {
    this.roles.push("follow");
  }

  begin(epoch: string, next: number): void {
    this.log = new OutputLog(epoch, next);
  }

  append(batch: Batch): void {
    this.log.append(batch);
    this.lines.push(...textsOf(batch));
  }

  moved(): void {}

  left(seat: string): void {
    this.gone.push(seat);
  }

  caughtUp(): void {
    this.isCaughtUp = true;
  }

  ended(end: string): void {
    this.end = end;
  }

  async take(seat: string, batch: Batch): Promise<boolean> {
    const texts = textsOf(batch);
    await this.gate;
    if (this.isStopping) return false;
    this.taken.push(...texts.map((text) => `${seat} ${text}`));
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.close();
    await this.broker.close();
  }
}

function batchOf(...texts: string[]): Batch {
  const bounds: number[] = [];
  let at = 0;
  const parts = texts.map((text) => new TextEncoder().encode(text));
  for (const { length } of parts) bounds.push(at, at += length);
  const bytes = new Uint8Array(at);
  parts.forEach((part, i) => bytes.set(part, bounds[2 * i]));
  return {
    type: "text",
    bytes,
    bounds: Uint32Array.from(bounds),
    count: texts.length,
  };
}

function textsOf({ bytes, bounds, count }: Batch): string[] {
  return Array.from(
    { length: count },
    (_, i) =>
      new TextDecoder().decode(
        bytes.subarray(bounds[2 * i], bounds[2 * i + 1]),
      ),
  );
}
