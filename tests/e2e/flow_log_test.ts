/** The log's reader: stuck or gone, it costs lines and never a session. */
import { assert, assertEquals } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { pause, within } from "../helpers/deadline.ts";
import { peakMiB } from "../helpers/processes.ts";
import { startServer } from "../helpers/server.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";

const ignore = Deno.build.os === "windows";
const linux = Deno.build.os === "linux";

/** Prints to stderr without end, and answers. */
const NOISY = 'yes "this is printed to stderr" >&2 & cat';

/** Round trips of messages one after another. */
async function talk(client: Client, count: number): Promise<void> {
  const begin = client.messages.length;
  for (let i = 0; i < count; i++) {
    client.send(`${i}`);
    assertEquals(await client.message(begin + i), `${i}`);
  }
}

Deno.test({
  name:
    "a log reader that is stuck while a program prints to stderr without end: sessions go on, memory stays bounded, the lost lines are counted and reported",
  ignore: !linux,
  async fn(): Promise<void> {
    await using server = await startServer(["bash", "-c", NOISY]);
    server.holdLog();
    await using first = await Client.open(server.url);
    const until = performance.now() + 2500;
    while (performance.now() < until) await talk(first, 20);
    await using second = await Client.open(server.url);
    await talk(second, 20);
    second.close();
    await within(second.closed, "the second client's end");
    const peak = peakMiB(server.pid);
    console.log(`    the server's peak: ${peak.toFixed()} MiB`);
    assert(peak < 150, `${peak} MiB`);
    first.close();
    await within(first.closed, "the first client's end");
    server.readOn();
    const [, lost] = await server.logged(
      /\| ERROR {2}\| server {5}\| {2}\| Log lines lost because nothing read them: (\d+)\n/,
    );
    assert(Number(lost) > 1000, lost);
    // And it goes on, with whole lines.
    await using third = await Client.open(server.url);
    await talk(third, 1);
    third.close();
    await server.logged(/DISCONNECT\n(?![^]*DISCONNECT\n)/);
    for (const line of server.lines) {
      assertEquals(line.split(" | ").length, 5, line);
    }
  },
});

Deno.test({
  name: "a log reader that is gone does not end the server, nor a session",
  ignore,
  async fn(): Promise<void> {
    await using server = await startServer([
      "--drainms=100",
      "bash",
      "-c",
      NOISY,
    ]);
    await using first = await Client.open(server.url);
    await server.closeLog();
    await talk(first, 50);
    await pause(300);
    await using second = await Client.open(server.url);
    await talk(second, 50);
    await talk(first, 50);
    server.signal("SIGTERM");
    assertEquals((await within(first.closed, "close")).code, 1001);
    assertEquals(await server.ended(8000), { code: 0, signal: null });
    assertEquals(server.stderr, "");
  },
});

Deno.test({
  name:
    "a program that floods stderr with the shortest lines leaves others their turn",
  ignore,
  async fn(): Promise<void> {
    await using server = await startServer([
      "bash",
      "-c",
      'read -r; if [ "$REPLY" = flood ]; then exec yes >&2; fi; exec cat',
    ]);
    server.holdLog();
    await using floods = await Client.open(server.url);
    floods.send("flood");
    await pause(300);
    const watch = new Stopwatch();
    await using talks = await Client.open(server.url);
    talks.send("talk");
    await talk(talks, 20);
    const { ms } = watch;
    console.log(`    20 round trips in ${ms.toFixed()} ms`);
    assert(ms < 3000, `${ms} ms`);
  },
});
