import { assert, assertEquals } from "@std/assert";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { RawClient } from "../helpers/raw_client.ts";
import { CgiSite } from "./cgi_site.ts";

const MIB = 1 << 20;
const LARGE = 50 * MIB;

/** The most memory this process has while something goes on, beyond what it had before. */
async function growth(during: () => Promise<void>): Promise<number> {
  const before = Deno.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, Deno.memoryUsage().rss);
  }, 5);
  try {
    await during();
  } finally {
    clearInterval(timer);
  }
  return most - before;
}

/** Asks, waits, and reads the whole answer without keeping it; returns its size, head included. */
async function sizeOf(
  site: CgiSite,
  path: string,
  waitMs = 0,
): Promise<number> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: site.port });
  const head = `GET ${path} HTTP/1.0\r\nHost: localhost\r\n\r\n`;
  await conn.write(new TextEncoder().encode(head));
  await pause(waitMs);
  const buffer = new Uint8Array(65536);
  let size = 0;
  for (let n; (n = await conn.read(buffer)) !== null;) size += n;
  return size;
}

Deno.test("cgi: a large answer is not kept in memory", async () => {
  await using site = new CgiSite({
    scripts: {
      "down.cgi":
        "echo Content-Type: a/b; echo; exec head -c $QUERY_STRING /dev/zero",
    },
  });
  const head = await sizeOf(site, "/down.cgi?0");
  await sizeOf(site, `/down.cgi?${LARGE}`);
  // Buffers that are done with wait for the garbage collector, so that only much more than those says something.
  const size = 12 * LARGE;
  const more = await growth(async () => {
    assertEquals(await sizeOf(site, `/down.cgi?${size}`), head + size);
  });
  assert(more < size / 2, `${more} bytes`);
});

Deno.test("cgi: a large body is not kept in memory, and arrives as it is", async () => {
  await using site = new CgiSite({
    scripts: {
      "up.cgi":
        'echo Content-Type: a/b; echo; echo "$CONTENT_LENGTH"; exec cksum',
    },
  });
  const piece = new Uint8Array(MIB).map((_, at) => at % 251);
  const upload = async (count: number): Promise<string> => {
    using client = await RawClient.connect(site.port, undefined, 60_000);
    await client.write(
      `POST /up.cgi HTTP/1.0\r\nHost: localhost\r\nContent-Length: ${
        count * MIB
      }\r\n\r\n`,
    );
    for (let i = 0; i < count; i++) await client.write(piece);
    await client.head();
    return await client.rest();
  };
  await upload(1);
  const file = site.scratch.file("expected");
  for (let i = 0; i < 50; i++) {
    await Deno.writeFile(file, piece, { append: true });
  }
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", 'cksum <"$0"', file],
  }).output();
  let answer = "";
  const more = await growth(async () => {
    answer = await upload(50);
  });
  assertEquals(answer, `${LARGE}\n${new TextDecoder().decode(stdout)}`);
  assert(more < 2 * LARGE / 3, `${more} bytes`);
});

Deno.test("cgi: bytes go both ways at once, whatever they are", async () => {
  await using site = new CgiSite();
  site.script(
    "echo.cgi",
    '#!/usr/bin/env perl\nbinmode STDIN; binmode STDOUT; $| = 1;\nprint "Content-Type: a/b\\n\\n";\nmy $left = $ENV{CONTENT_LENGTH};\nwhile ($left > 0 && (my $n = sysread STDIN, my $b, 65536)) { $left -= $n; print $b }\n',
  );
  const body = new Uint8Array(3 * MIB).map((_, at) => at * 7 + (at >> 9));
  const answer = await site.fetch("/echo.cgi", { method: "POST", body });
  assertEquals(new Uint8Array(await answer.arrayBuffer()), body);
});

Deno.test("cgi: what a script prints reaches the client at once", async () => {
  await using site = new CgiSite({
    scripts: {
      "slow.cgi":
        'echo Content-Type: text/plain; echo; echo one; while [ ! -e "$DIR/go" ]; do sleep 0.02; done; echo two',
    },
  });
  const response = await within(site.fetch("/slow.cgi"), "the head");
  const reader = response.body!.pipeThrough(new TextDecoderStream())
    .getReader();
  assertEquals((await within(reader.read(), "one")).value, "one\n");
  await Deno.writeTextFile(site.scratch.file("go"), "");
  assertEquals((await within(reader.read(), "two")).value, "two\n");
  assert((await reader.read()).done);
});

Deno.test("cgi: a client that does not read holds the script back", async () => {
  await using site = new CgiSite({
    scripts: {
      "down.cgi":
        `echo Content-Type: a/b; echo; head -c ${LARGE} /dev/zero; echo done >$DIR/done`,
    },
  });
  const reading = sizeOf(site, "/down.cgi", 1000);
  await pause(800);
  assertEquals(site.scratch.read("done"), "");
  assert(await reading > LARGE);
  await eventually(() => site.scratch.read("done") !== "", "the script to end");
});

Deno.test("cgi: a script that never reads answers all the same, and its client is held back meanwhile", async () => {
  await using site = new CgiSite({
    scripts: {
      "deaf.cgi":
        'while [ ! -e "$DIR/go" ]; do sleep 0.02; done; echo Status: 200; echo; echo enough',
    },
  });
  using client = await RawClient.connect(site.port);
  await client.write(
    `POST /deaf.cgi HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${LARGE}\r\n\r\n`,
  );
  let sent = 0;
  const piece = new Uint8Array(MIB);
  const sending = (async () => {
    while (sent < LARGE && await client.tryWrite(piece)) sent += MIB;
  })();
  await eventually(async () => {
    const before = sent;
    await pause(500);
    return sent === before;
  }, "the client to be held back");
  assert(sent < LARGE, "All of it has gone somewhere");
  await Deno.writeTextFile(site.scratch.file("go"), "");
  assertEquals((await client.head()).status, 200);
  await within(sending, "the client to be let go");
  await site.idle();
});

Deno.test("cgi: a script may answer before it has read, and need not read at all", async () => {
  await using site = new CgiSite({
    scripts: {
      "brief.cgi": "exec <&-; echo Status: 403; echo; echo no",
      "late.cgi": "echo Status: 200; echo; echo first; wc -c",
    },
  });
  const body = new Uint8Array(100_000);
  const brief = await site.fetch("/brief.cgi", { method: "POST", body });
  assertEquals([brief.status, await brief.text()], [403, "no\n"]);
  const late = await site.text("/late.cgi", { method: "POST", body });
  assertEquals(late.replace(/ +/g, ""), "first\n100000\n");
});
