import { assertEquals } from "@std/assert";
import { Client } from "../helpers/client.ts";
import type { ServerProcess } from "../helpers/server.ts";
import { isBrowserMissing, startBrowser } from "./browser.ts";
import { isMissing, startExample } from "./example.ts";
import { ExamplePage } from "./example_page.ts";

const SERVERS = [
  { name: "server.py", line: 0, needs: "python3" },
  { name: "server.js", line: 1, needs: "node" },
];

function start(line: number): Promise<ServerProcess> {
  return startExample("json_rpc/README.md", {
    line,
    // Time to end by itself, on a busy machine too.
    flags: ["--closems=10000"],
  });
}

/** A client that sends lines and reads JSON. */
class Caller {
  readonly #client: Client;
  #read = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  send(message: unknown): void {
    const isText = typeof message === "string";
    this.#client.send(isText ? message : JSON.stringify(message));
  }

  async next(): Promise<unknown> {
    return JSON.parse(String(await this.#client.message(this.#read++)));
  }
}

const failed = (code: number, message: string, id: unknown = null) => ({
  jsonrpc: "2.0",
  error: { code, message },
  id,
});
const request = (method: string, params: unknown, id?: unknown) => ({
  jsonrpc: "2.0",
  method,
  params,
  id,
});

for (const { name, line, needs } of SERVERS) {
  const ignore = isMissing(needs);

  Deno.test({
    name:
      `json_rpc/${name} answers calls, errors and batches as the specification says`,
    ignore,
    async fn(): Promise<void> {
      await using server = await start(line);
      const client = await Client.open(server.url);
      await using _ = client;
      const caller = new Caller(client);
      const cases: [message: unknown, answer: unknown][] = [
        [request("add", [1, 2, 3.5], 1), {
          jsonrpc: "2.0",
          result: 6.5,
          id: 1,
        }],
        [request("add", [], "a"), { jsonrpc: "2.0", result: 0, id: "a" }],
        [{ jsonrpc: "2.0", method: "add", id: null }, {
          jsonrpc: "2.0",
          result: 0,
          id: null,
        }],
        [request("divide", [6, 3], 2), { jsonrpc: "2.0", result: 2, id: 2 }],
        [request("divide", [1, 0], 3), failed(1, "Division by zero", 3)],
        [request("divide", [1], 4), failed(-32602, "Invalid params", 4)],
        [request("add", ["1"], 5), failed(-32602, "Invalid params", 5)],
        [request("add", [true], 5), failed(-32602, "Invalid params", 5)],
        [
          request("add", [1e308, 1e308], 5),
          failed(-32602, "Invalid params", 5),
        ],
        [
          request("divide", [1e308, 1e-308], 5),
          failed(-32602, "Invalid params", 5),
        ],
        [
          `{"jsonrpc":"2.0","method":"add","params":[1${
            "0".repeat(400)
          }],"id":5}`,
          failed(-32602, "Invalid params", 5),
        ],
        [request("add", {}, 6), failed(-32602, "Invalid params", 6)],
        [request("wait", {}, 7), failed(-32602, "Invalid params", 7)],
        [
          request("wait", { seconds: 61 }, 7),
          failed(-32602, "Invalid params", 7),
        ],
        [request("none", [], 8), failed(-32601, "Method not found", 8)],
        [request("toString", [], 8), failed(-32601, "Method not found", 8)],
        ["{", failed(-32700, "Parse error")],
        ["", failed(-32700, "Parse error")],
        [[], failed(-32600, "Invalid Request")],
        [1, failed(-32600, "Invalid Request")],
        [null, failed(-32600, "Invalid Request")],
        [{ method: "add", id: 1 }, failed(-32600, "Invalid Request")],
        [request("add", 1, 1), failed(-32600, "Invalid Request")],
        [request("add", [], {}), failed(-32600, "Invalid Request")],
        [[request("add", [1], 1), 2, request("add", [1])], [
          { jsonrpc: "2.0", result: 1, id: 1 },
          failed(-32600, "Invalid Request"),
        ]],
      ];
      for (const [message, answer] of cases) {
        caller.send(message);
        assertEquals(await caller.next(), answer, JSON.stringify(message));
      }
      // Nobody answers these, whatever is wrong with them; the next answer is another's.
      caller.send(request("none", []));
      caller.send(request("divide", [1, 0]));
      caller.send([request("add", [1])]);
      caller.send(request("add", [9], 9));
      assertEquals(await caller.next(), { jsonrpc: "2.0", result: 9, id: 9 });

      client.close(1000);
      await server.logged(/ exit:'0' .* \| DISCONNECT/);
      assertEquals(server.log.includes("| stderr"), false, server.log);
    },
  });

  Deno.test({
    name:
      `json_rpc/${name} answers what is done first, and tells what nobody has asked`,
    ignore,
    async fn(): Promise<void> {
      await using server = await start(line);
      await using client = await Client.open(server.url);
      const caller = new Caller(client);
      caller.send(request("wait", { seconds: 0.5 }, "slow"));
      caller.send(request("add", [1], "fast"));
      assertEquals(await caller.next(), {
        jsonrpc: "2.0",
        result: 1,
        id: "fast",
      });
      assertEquals(await caller.next(), {
        jsonrpc: "2.0",
        result: "done",
        id: "slow",
      });
      caller.send(request("watch", { every: 0.05 }, 1));
      assertEquals(await caller.next(), {
        jsonrpc: "2.0",
        result: "watching",
        id: 1,
      });
      for (const count of [1, 2]) {
        assertEquals(await caller.next(), {
          jsonrpc: "2.0",
          method: "tick",
          params: { count },
        });
      }
    },
  });

  Deno.test({
    name:
      `json_rpc's page calls ${name}, shows answers and errors, and what it is told`,
    ignore: ignore || isBrowserMissing(),
    async fn(): Promise<void> {
      await using server = await start(line);
      await using browser = await startBrowser();
      await using opened = await ExamplePage.open(browser, server);
      const { page } = opened;
      await opened.shows("#state", "connected");
      const call = (text: string) =>
        page.getByRole("button", { name: text, exact: true }).click();
      await call('wait {"seconds": 2}');
      await call("add [1, 2, 3]");
      await opened.shows(".result", /^6 \(\d+ ms\)$/);
      await call("divide [1, 0]");
      await opened.shows(".error", /^1 Division by zero/);
      await call("nothing []");
      await opened.shows(".error", /^-32601 Method not found/);
      await call('watch {"every": 1}');
      await opened.shows("li", /^notification tick\s*\{"count":2\}$/);
      await opened.shows("li", /^wait \{"seconds":2\}\s*"done" \(\d+ ms\)$/);
      await page.getByLabel("Params").fill("[1");
      await page.getByRole("button", { name: "Notify" }).click();
      await opened.shows(".error", /JSON/);
      await opened.looksRight();
    },
  });
}
