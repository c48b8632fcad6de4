import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Broker, LEASE_MS } from "../../lib/relay/broker.ts";
import { Lease } from "../../lib/relay/lease.ts";
import { parseRelayUrl } from "../../lib/relay/relay_url.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { HAS_NATS, NatsServer } from "../helpers/nats_server.ts";

const ignore = !HAS_NATS;

Deno.test({
  name:
    "of two who want a lease one has it, and the other when that one gives it back, at once",
  ignore,
  async fn(): Promise<void> {
    await using nats = await NatsServer.start();
    await using one = await Contender.start(nats, "one");
    await eventually(() => one.lease.isHeld, "one to have the lease");
    await using two = await Contender.start(nats, "two");
    await one.lease.release();
    const since = performance.now();
    await eventually(() => two.lease.isHeld, "two to have the lease");
    const ms = performance.now() - since;
    assertEquals(ms < LEASE_MS / 2, true, `after ${ms} ms`);
    assertEquals([one.heard, two.heard], [["gained"], ["gained"]]);
  },
});

Deno.test({
  name: "a lease of one who is not heard of runs out, and then another has it",
  ignore,
  async fn(): Promise<void> {
    await using nats = await NatsServer.start();
    await using one = await Contender.start(nats, "one");
    await eventually(() => one.lease.isHeld, "one to have the lease");
    await using two = await Contender.start(nats, "two");
    // As if killed: nothing is given back.
    await one.broker.close();
    await eventually(() => two.lease.isHeld, "two to have the lease");
    // It knew before, and had time to end what it had begun.
    assertEquals(one.lease.isHeld, false);
    assertEquals(one.heard, ["gained", "lost"]);
    assert(one.endMs > 0);
    assertLess(one.lostAt + one.endMs, two.gainedAt);
  },
});

Deno.test({
  name:
    "a lease is kept while its owner lives, for longer than it holds by itself",
  ignore,
  async fn(): Promise<void> {
    await using nats = await NatsServer.start();
    await using one = await Contender.start(nats, "one");
    await eventually(() => one.lease.isHeld, "one to have the lease");
    await using two = await Contender.start(nats, "two");
    await pause(2 * LEASE_MS);
    assertEquals([one.lease.isHeld, two.lease.isHeld], [true, false]);
  },
});

Deno.test({
  name:
    "after a broker was started again, and has forgotten all leases, one has it",
  ignore,
  async fn(): Promise<void> {
    await using nats = await NatsServer.start();
    await using one = await Contender.start(nats, "one");
    await eventually(() => one.lease.isHeld, "one to have the lease");
    await using two = await Contender.start(nats, "two");
    await nats.stop();
    await nats.start();
    await eventually(() => two.connected === 1, "two to be connected again");
    // Time to lose it, and time to take it.
    await pause(2 * LEASE_MS);
    assertEquals(one.lease.isHeld !== two.lease.isHeld, true);
  },
});

Deno.test("a lease that somebody else has is given up with no more time than one that runs out", async () => {
  const takes = [1, null];
  const told = Promise.withResolvers<number>();
  const lease = new Lease(
    {
      isConnected: true,
      takeLease: () => Promise.resolve(takes.shift() ?? null),
      renewLease: () => Promise.resolve(null),
      dropLease: () => Promise.resolve(),
      watchLease: () => Promise.resolve(() => {}),
    },
    "key",
    "one",
    { onGained: () => {}, onLost: told.resolve },
  );
  const endMs = await within(told.promise, "the lease to be lost");
  assert(endMs > 0 && endMs < 1000, `${endMs} ms`);
  await lease.release();
});

Deno.test({
  name:
    "a lease is its owner's also when the answer that it was renewed was lost",
  ignore,
  async fn(): Promise<void> {
    await using nats = await NatsServer.start();
    const place = parseRelayUrl(nats.url());
    const broker = await Broker.connect(place, { onChange: () => {} });
    const taken = (await broker.takeLease("key", "one"))!;
    const lost = (await broker.renewLease("key", "one", taken))!;
    const renewed = (await broker.renewLease("key", "one", taken))!;
    assert(taken < lost && lost < renewed, `${[taken, lost, renewed]}`);
    assertEquals(await broker.renewLease("key", "two", taken), null);
    await broker.dropLease("key", renewed);
    assertEquals(await broker.renewLease("key", "one", renewed), null);
    await broker.close();
  },
});

Deno.test({
  name: "Broker.connect says what to do when nobody listens",
  ignore,
  async fn(): Promise<void> {
    await using nats = await NatsServer.start();
    const place = parseRelayUrl(nats.url());
    await nats.stop();
    const { message } = await assertRejects(
      () => Broker.connect(place, { onChange: () => {} }),
      Error,
    );
    assertStringIncludes(message, "Cannot reach the relay at 127.0.0.1:");
    assertStringIncludes(message, "is nats-server running there?");
  },
});

Deno.test({
  name: "Broker.connect says what to do when the broker keeps no leases",
  ignore,
  async fn(): Promise<void> {
    await using nats = await NatsServer.start({ jetStream: false });
    const { message } = await assertRejects(
      () => Broker.connect(parseRelayUrl(nats.url()), { onChange: () => {} }),
      Error,
    );
    assertStringIncludes(message, "start it with nats-server -js");
  },
});

Deno.test({
  name:
    "Broker.connect proves who it is with the password of the URL, and never shows it",
  ignore,
  async fn(): Promise<void> {
    const args = ["--user", "ada", "--pass", "hunter2"];
    await using nats = await NatsServer.start({ args });
    const url = (who: string) => nats.url().replace("//", `//${who}@`);
    const connect = (who: string) =>
      Broker.connect(parseRelayUrl(url(who)), { onChange: () => {} });
    await (await connect("ada:hunter2")).close();
    const { message } = await assertRejects(
      () => connect("ada:hunter3"),
      Error,
    );
    assertEquals(message.includes("hunter3"), false);
    assertStringIncludes(message, "Authorization");
  },
});

Deno.test({
  name:
    "Broker.connect fails, and nothing else does, however a broker that refuses breaks the connection",
  ignore,
  async fn(): Promise<void> {
    const args = ["--user", "ada", "--pass", "hunter2"];
    await using nats = await NatsServer.start({ args });
    // What it had not read yet when it refused resets the connection, in some of them.
    for (let attempt = 0; attempt < 200; attempt++) {
      await assertRejects(
        () => Broker.connect(parseRelayUrl(nats.url()), { onChange: () => {} }),
        Error,
        "Authorization",
      );
    }
  },
});

/** One who wants a lease. */
class Contender implements AsyncDisposable {
  readonly heard: string[] = [];
  gainedAt = NaN;
  lostAt = NaN;
  /** How long it was told that it has. */
  endMs = NaN;
  connected = 0;
  readonly broker: Broker;
  readonly lease: Lease;

  private constructor(broker: Broker, name: string) {
    this.broker = broker;
    this.lease = new Lease(broker, "key", name, {
      onGained: () => {
        this.heard.push("gained");
        this.gainedAt = performance.now();
      },
      onLost: (endMs) => {
        this.heard.push("lost");
        this.lostAt = performance.now();
        this.endMs = endMs;
      },
    });
  }

  static async start(nats: NatsServer, name: string): Promise<Contender> {
    const hooks = {
      onChange: (isConnected: boolean) => connected(isConnected),
    };
    const broker = await Broker.connect(parseRelayUrl(nats.url()), hooks);
    const contender = new Contender(broker, name);
    const connected = (is: boolean) => contender.connected += Number(is);
    return contender;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lease.release();
    await this.broker.close();
  }
}
