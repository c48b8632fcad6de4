/**
 * The native engine on the Deno that Deno Deploy runs. Before 2.6.4 the
 * runtime answers a client's answer to its close frame with another one, which
 * browsers take for a failure: they say 1006.
 */
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import {
  BulkClient,
  closeFrame,
  frame,
  OPCODE,
  text,
} from "../helpers/bulk_client.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { ENGINE } from "../helpers/engine.ts";
import { olderDeno } from "../helpers/older_deno.ts";

const DENO = Deno.build.os === "linux" && ENGINE === "native"
  ? await olderDeno("2.5.6")
  : null;
const ignore = DENO === null;
const SERVER = fileURLToPath(
  new URL("fixtures/endings_server.ts", import.meta.url),
);

/** The fixture as a process, by the older Deno. */
class OlderServer implements AsyncDisposable {
  port = 0;
  readonly #process = new Deno.Command(DENO!, {
    args: ["run", "-A", SERVER],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  #said = "";
  readonly #read = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of this.#process.stderr) {
      this.#said += decoder.decode(chunk);
    }
  })();

  static async start(): Promise<OlderServer> {
    const server = new OlderServer();
    const [, port] = await eventually(
      () =>
        /Listening on http:\/\/[^:]+:(\d+)\//.exec(server.#said) ?? undefined,
      () => `the server: ${server.#said}`,
    );
    server.port = Number(port);
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await within(this.#read, "the server's output to end");
  }
}

interface Seen {
  readonly messages: string[];
  readonly closes: { readonly code: number; readonly reason: string }[];
}

/** Reads to the end and answers pings and close frames, as browsers do. */
async function readAll(client: BulkClient, answersPings = true): Promise<Seen> {
  const decoder = new TextDecoder();
  const seen: Seen = { messages: [], closes: [] };
  for (;;) {
    // A reset after the close frame is an end as well.
    const next = await client.next().catch(() => null);
    if (next === null) return seen;
    const payload = next.payload.slice();
    if (next.opcode === OPCODE.TEXT) {
      seen.messages.push(decoder.decode(payload));
    } else if (next.opcode === OPCODE.PING && answersPings) {
      await client.write(frame(OPCODE.PONG, payload));
    } else if (next.opcode === OPCODE.CLOSE) {
      const code = payload[0] << 8 | payload[1];
      seen.closes.push({ code, reason: decoder.decode(payload.subarray(2)) });
      await client.write(closeFrame(code)).catch(() => {});
    }
  }
}

Deno.test({
  name:
    "on Deno 2.5 a client gets one close frame, and no second one when it answers",
  ignore,
  async fn(): Promise<void> {
    await using server = await OlderServer.start();
    for (const status of [0, 3, 255]) {
      using client = await BulkClient.open(server.port);
      await client.write(text(`exit ${status}`));
      assertEquals((await readAll(client)).closes, [{
        code: status === 0 ? 1000 : 4000 + status,
        reason: `exit ${status}`,
      }]);
    }
  },
});

Deno.test({
  name:
    "on Deno 2.5 a client that still sends gets everything before the one close frame",
  ignore,
  async fn(): Promise<void> {
    await using server = await OlderServer.start();
    using client = await BulkClient.open(server.port);
    await client.write(text("print 2000"));
    for (let i = 0; i < 100; i++) await client.write(text(`late ${i}`));
    const { messages, closes } = await readAll(client);
    assertEquals(messages.length, 2000);
    assert(messages.every((message, i) => message.startsWith(`${i} x`)));
    assertEquals(closes, [{ code: 4003, reason: "exit 3" }]);
  },
});

Deno.test({
  name: "on Deno 2.5 a client that answers no ping is told all the same",
  ignore,
  async fn(): Promise<void> {
    await using server = await OlderServer.start();
    using client = await BulkClient.open(server.port);
    await client.write(text("exit 3"));
    const { closes } = await readAll(client, false);
    assertEquals(closes[0], { code: 4003, reason: "exit 3" });
  },
});

Deno.test({
  name:
    "on Deno 2.5 a client that leaves by itself gets its own code back, once",
  ignore,
  async fn(): Promise<void> {
    await using server = await OlderServer.start();
    using client = await BulkClient.open(server.port);
    await client.write(closeFrame(3000, "enough"));
    assertEquals((await readAll(client)).closes.map(({ code }) => code), [
      3000,
    ]);
  },
});
