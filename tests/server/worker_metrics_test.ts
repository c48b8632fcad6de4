/** The metrics of a server with several threads, on both engines. */
import { assert, assertEquals } from "@std/assert";
import type { Event } from "../../lib/mod.ts";
import { eventually } from "../helpers/deadline.ts";
import { allGone } from "../helpers/processes.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { RawClient } from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";
import { startFailing } from "./failing_threads.ts";

const ignore = Deno.build.os !== "linux";
/** That all of them go to one of two threads happens once in 2^23 runs. */
const MANY = 24;

/** The samples a server shows, by name and labels. The connection is a new one, which goes to any thread. */
async function scrape(port: number): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
    headers: { connection: "close" },
  });
  const text = await response.text();
  assertEquals(response.status, 200, text);
  const lines = text.split("\n").filter((line) => /^websocketd_/.test(line));
  return new Map(lines.map((line) => {
    const end = line.lastIndexOf(" ");
    return [line.slice(0, end), Number(line.slice(end + 1))];
  }));
}

/** Clients of which each has had an answer. */
async function echoed(port: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let i = 0; i < MANY; i++) {
    const client = await RawClient.open(port);
    await client.send("hello");
    assertEquals(await client.message(), "hello");
    clients.push(client);
  }
  return clients;
}

for (const engine of ["native", "wire"] as const) {
  const name = (behaviour: string) =>
    `metrics of workers, ${engine}: ${behaviour}`;

  Deno.test({
    name: name("each thread tells those of all"),
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        ...{ command: "cat", engine, workers: 2, metrics: "/metrics" },
      });
      const clients = await echoed(server.port);
      await server.next("session.opened", MANY - 1);
      for (let i = 0; i < MANY; i++) {
        const now = await scrape(server.port);
        assertEquals(now.get("websocketd_sessions"), MANY);
        assertEquals(now.get("websocketd_children"), MANY);
        assertEquals(now.get("websocketd_child_starts_total"), MANY);
        for (const direction of ["sent", "received"]) {
          const labels = `{direction="${direction}"}`;
          assertEquals(now.get(`websocketd_messages_total${labels}`), MANY);
          assertEquals(
            now.get(`websocketd_message_bytes_total${labels}`),
            5 * MANY,
          );
        }
      }
      for (const client of clients) {
        await client.leave();
        client[Symbol.dispose]();
      }
      await server.next("session.closed", MANY - 1);
      const after = await scrape(server.port);
      assertEquals(after.get("websocketd_sessions"), 0);
      assertEquals(
        after.get('websocketd_messages_total{direction="sent"}'),
        MANY,
      );
    },
  });

  Deno.test({
    name: name("with adminAddress they are told there only"),
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        ...{ command: "cat", engine, workers: 2, metrics: "/metrics" },
        adminAddress: "127.0.0.1:0",
      });
      const clients = await echoed(server.port);
      await server.next("session.opened", MANY - 1);
      const { port } = server.of("server.listening")
        .find(({ purpose }) => purpose === "admin")!;
      const now = await scrape(port);
      assertEquals(now.get("websocketd_sessions"), MANY);
      for (let i = 0; i < MANY; i++) {
        const { status, body } = await fetch(
          `http://127.0.0.1:${server.port}/metrics`,
          { headers: { connection: "close" } },
        );
        await body?.cancel();
        assertEquals(status, 404);
      }
      for (const client of clients) client[Symbol.dispose]();
    },
  });

  Deno.test({
    name: name(
      "what the sessions of a thread had carried counts on when it dies, and its CGI scripts are ended",
    ),
    ignore,
    async fn(): Promise<void> {
      using scratch = new Scratch();
      scratch.script(
        "slow.sh",
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\necho $$\nsleep 60\n",
      );
      const workers: Worker[] = [];
      const events: Event[] = [];
      await using server = await startFailing({
        ...{ command: "cat", engine, metrics: "/metrics" },
        cgiDir: scratch.path,
        onEvent: (event) => events.push(event),
      }, workers);
      const { port } = server;
      const count = (type: Event["type"]) =>
        events.filter((event) => event.type === type).length;
      const clients = await echoed(port);
      const scripts: number[] = [];
      const readers: ReadableStreamDefaultReader<Uint8Array>[] = [];
      for (let i = 0; i < MANY; i++) {
        const { body } = await fetch(`http://127.0.0.1:${port}/slow.sh`, {
          headers: { connection: "close" },
        });
        const reader = body!.getReader();
        const { value } = await reader.read();
        scripts.push(Number(new TextDecoder().decode(value)));
        readers.push(reader);
      }
      const before = await scrape(port);
      assertEquals(before.get("websocketd_sessions"), MANY);
      assertEquals(before.get("websocketd_cgi_scripts"), MANY);
      workers[1].postMessage("fail");
      await eventually(() => workers.length === 3, "another thread");
      const lost = count("session.closed");
      assert(lost > 0 && lost < MANY, String(lost));
      const after = await scrape(port);
      assertEquals(after.get("websocketd_sessions"), MANY - lost);
      assertEquals(after.get("websocketd_children"), MANY - lost);
      const ended = count("cgi.ended");
      assert(ended > 0 && ended < MANY, String(ended));
      assertEquals(after.get("websocketd_cgi_scripts"), MANY - ended);
      for (const [sample, value] of before) {
        if (/_(total|count|sum|bucket)\b/.test(sample)) {
          assert(after.get(sample)! >= value, sample);
        }
      }
      assertEquals(
        after.get('websocketd_messages_total{direction="sent"}'),
        MANY,
      );
      for (const client of clients) client[Symbol.dispose]();
      await Promise.all(
        readers.map((reader) => reader.cancel().catch(() => {})),
      );
      await server.kill();
      await allGone(scripts);
    },
  });
}
