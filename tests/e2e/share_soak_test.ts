/**
 * Many clients of one program who come, go, and lose their connections at
 * random. `WEBSOCKETD_SOAK_MS=60000` makes it a minute.
 */
import { assert, assertEquals } from "@std/assert";
import type { Hello } from "../../lib/client/protocol.ts";
import { Client } from "../helpers/client.ts";
import { eventually, pause } from "../helpers/deadline.ts";
import { allGone, childrenOf, peakMiB } from "../helpers/processes.ts";
import { startServer } from "../helpers/server.ts";
import { V1Client } from "../helpers/v1_client.ts";

// Processes and memory are read in /proc.
const ignore = Deno.build.os !== "linux";
const SOAK_MS = Number(Deno.env.get("WEBSOCKETD_SOAK_MS") ?? 8000);
/** Clients at a time that come back, and such as do not. */
const RESUMING = 8, PLAIN = 8;
/** What the server may hold, in MiB, its runtime and code included. */
const MOST_MIB = 250;

/** Prints numbers, and what it reads. */
const PROGRAM = `
  const out = (text) => Deno.stdout.writeSync(new TextEncoder().encode(text));
  let n = 0;
  setInterval(() => {
    let lines = "";
    for (let i = 0; i < 5; i++) lines += "n " + n++ + "\\n";
    out(lines);
  }, 5);
  let rest = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\\n");
    rest = lines.pop();
    for (const line of lines) out("e " + line + "\\n");
  }
  Deno.exit(0);`;

/** Looks whether what one client gets is without a gap and without a repetition. */
class Sequence {
  readonly #next = new Map<string, number>();
  count = 0;

  /** Takes `n NUMBER` or `e SENDER NUMBER`. */
  take(line: string): void {
    const at = line.lastIndexOf(" ");
    const of = line.slice(0, at), number = Number(line.slice(at + 1));
    const next = this.#next.get(of);
    if (next !== undefined) assertEquals(number, next, `of "${of}"`);
    this.#next.set(of, number + 1);
    this.count++;
  }

  next(of: string): number {
    return this.#next.get(of) ?? 0;
  }
}

/** A client that loses its connection again and again, and sends all the time. Returns how many messages it has sent. */
async function resuming(
  url: string,
  name: string,
  until: number,
): Promise<{ sent: number; losses: number }> {
  const sequence = new Sequence();
  const sent: string[] = [];
  let hello: Hello | null = null;
  /** Number of the first message that it got. */
  let first = 0;
  let losses = 0;
  for (;;) {
    const client: V1Client = hello === null
      ? await V1Client.open(url)
      : await V1Client.resume(url, {
        ...hello,
        output: sequence.count + first,
      });
    const again = await client.hello();
    if (hello === null) first = again.output;
    else assertEquals([again.resumed, again.lost], [true, 0], name);
    hello = again;
    // What was not accepted is sent again.
    for (const message of sent.slice(again.input)) client.send(message);
    const lostAt = performance.now() + 50 + Math.random() * 500;
    while (performance.now() < Math.min(lostAt, until)) {
      const message = `${name} ${sent.length}`;
      sent.push(message);
      client.send(message);
      await pause(Math.random() * 10);
      client.sendControl({
        type: "ack",
        output: first + sequence.count,
      });
    }
    if (performance.now() >= until) {
      if (again.input < sent.length) {
        await client.control(({ type, input }) =>
          type === "ack" && input === sent.length
        );
      }
      client.close();
      await client.closed();
      client.data.forEach((line) => sequence.take(line));
      return { sent: sent.length, losses };
    }
    client.lose();
    losses++;
    await client.closed();
    client.data.forEach((line) => sequence.take(line));
  }
}

/** Clients that come, look for a while, and leave, politely or not. */
async function passing(url: string, until: number): Promise<number> {
  let visits = 0;
  for (; performance.now() < until; visits++) {
    const sequence = new Sequence();
    const client = await V1Client.open(`${url}?tail=${visits % 20}`);
    await pause(Math.random() * 300);
    if (visits % 2 === 0) client.close();
    else client.lose();
    await client.closed();
    client.data.forEach((line) => sequence.take(line));
  }
  return visits;
}

Deno.test({
  name:
    `clients come, go and lose their connections for ${SOAK_MS} ms: no message is lost or comes twice, nothing grows, nothing stays behind`,
  ignore,
  async fn(): Promise<void> {
    await using server = await startServer([
      "--share",
      "--resume=60",
      "--history=100",
      "--restart=never",
      Deno.execPath(),
      "eval",
      PROGRAM,
    ]);
    const watcher = await Client.open(server.url);
    const until = performance.now() + SOAK_MS;
    const clients = Array.from(
      { length: RESUMING },
      (_, i) => resuming(server.url, `r${i}`, until),
    );
    const passers = Array.from(
      { length: PLAIN },
      () => passing(server.url, until),
    );
    const ended = await Promise.all(clients);
    const visits = (await Promise.all(passers)).reduce((a, b) => a + b, 0);
    // Everything that was sent has come back, once and in order.
    const sequence = new Sequence();
    let seen = 0;
    await eventually(() => {
      for (; seen < watcher.messages.length; seen++) {
        sequence.take(watcher.messages[seen] as string);
      }
      return ended.every(({ sent }, i) => sequence.next(`e r${i}`) === sent);
    }, "everything that was sent to come back");
    const losses = ended.reduce((sum, one) => sum + one.losses, 0);
    assert(losses > 0 && visits > 0);
    console.log(
      `    ${seen} messages, ${losses} lost connections, ${visits} visits, ${
        peakMiB(server.pid).toFixed()
      } MiB at most`,
    );
    assert(peakMiB(server.pid) < MOST_MIB);
    const children = childrenOf(server.pid);
    assertEquals(children.length, 1);
    watcher.close();
    await watcher.closed;
    // Those that passed and lost their connection are still waited for, and keep the program.
    server.signal("SIGTERM");
    assertEquals((await server.ended()).code, 0);
    assertEquals(server.stderr, "");
    await allGone(children);
  },
});
