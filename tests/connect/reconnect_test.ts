import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { runClient } from "../../lib/connect/client.ts";
import type { ClientEvent } from "../../lib/connect/client_events.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { frame } from "../wire/frames.ts";
import { ScriptedServer, switching } from "./scripted_server.ts";
import { Input, Output } from "./streams.ts";

const ignore = Deno.build.os === "windows";

type Retry = Extract<ClientEvent, { type: "retry" }>;

/** A client that connects again, under way. */
class Client {
  readonly input = new Input();
  readonly output = new Output();
  readonly retries: Retry[] = [];
  readonly status: Promise<number>;

  constructor(url: string) {
    this.status = runClient({
      url,
      input: this.input,
      output: this.output,
      reconnect: true,
      onEvent: (event) => {
        if (event.type === "retry") this.retries.push(event);
      },
    }).then(({ status }) => status);
  }

  async ended(): Promise<number> {
    return await within(this.status, "the client to end");
  }
}

/** A server that refuses or closes as told, one connection after the other; the last answer is given again and again. */
function serverOf(...answers: (string | number)[]): ScriptedServer {
  let next = 0;
  return new ScriptedServer(async ({ accept, write, drain }) => {
    const answer = answers[Math.min(next++, answers.length - 1)];
    if (typeof answer === "string") {
      return await write(`HTTP/1.1 ${answer}\r\nContent-Length: 0\r\n\r\n`);
    }
    await write(switching(accept));
    const payload = Uint8Array.of(answer >> 8, answer);
    // 1006 is what it looks like when nobody says goodbye.
    if (answer === 1006) return;
    await write(frame({ opcode: 8, payload, key: null }));
    await drain();
  });
}

Deno.test({
  name:
    "a client comes back to a server that was restarted, with what was typed meanwhile",
  ignore,
  async fn(): Promise<void> {
    const script =
      'while read -r line; do echo "$LABEL $line"; [[ $line == end ]] && exit 3; done';
    const first = await ProgramServer.bash(`LABEL=first; ${script}`);
    const { port } = first;
    const client = new Client(first.url);
    client.input.type("a\n");
    await client.output.has("first a");
    await first.drain();
    await eventually(() => client.retries.length > 0, "another attempt");
    client.input.type("b\nend\n");
    await using _second = await ProgramServer.bash(`LABEL=second; ${script}`, {
      port,
    });
    assertEquals(await client.ended(), 3);
    assertEquals(client.output.text, "first a\nsecond b\nsecond end\n");
    assertMatch(client.retries[0].message, /^Closed by the server: 1001 /);
    assertEquals(client.retries[0].wasOpen, true);
  },
});

Deno.test("a client waits for a server that is not there yet", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const client = new Client(`ws://127.0.0.1:${port}`);
  await eventually(() => client.retries.length > 0, "another attempt");
  assertEquals(client.retries[0].wasOpen, false);
  await using _server = new ScriptedServer(
    async ({ accept, write, drain }) => {
      await write(switching(accept));
      await write(frame({
        opcode: 8,
        payload: Uint8Array.of(0x0f, 0xa4),
        key: null,
      }));
      await drain();
    },
    Deno.listen({ hostname: "127.0.0.1", port }),
  );
  assertEquals(await client.ended(), 4);
});

for (
  const answer of [1001, 1006, 1012, 1013, 1014, "429 Slow", "503 Draining"]
) {
  Deno.test(`a client connects again after ${answer}`, async () => {
    await using server = serverOf(answer, 4005);
    const client = new Client(server.url);
    assertEquals(await client.ended(), 5);
    assertEquals(client.retries.length, 1);
    assertEquals(server.requests.length, 2);
  });
}

for (
  const [answer, status] of [
    [1000, 0],
    [4000, 0],
    [4003, 3],
    [4515, 143],
    [4999, 70],
    [1005, 0],
    [1002, 70],
    [1008, 70],
    [1011, 70],
    ["401 Who", 69],
    ["403 No", 69],
    ["404 None", 69],
    ["301 Elsewhere", 69],
  ] as const
) {
  Deno.test(`a client does not connect again after ${answer}`, async () => {
    await using server = answer === 1005
      ? ScriptedServer.upgrading(frame({ opcode: 8, key: null }))
      : serverOf(answer);
    const client = new Client(server.url);
    assertEquals(await client.ended(), status);
    assertEquals([client.retries.length, server.requests.length], [0, 1]);
  });
}

Deno.test("a client waits as long as the server asks, and a little more", async () => {
  await using server = serverOf("503 Draining\r\nRetry-After: 1", 1000);
  const client = new Client(server.url);
  const start = performance.now();
  assertEquals(await client.ended(), 0);
  assertGreater(performance.now() - start, 950);
  assertGreater(client.retries[0].inMs, 999);
});
