/** The pages that tell how a server fares, over a real connection. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { clientOf } from "../../lib/http/client.ts";
import type { Responder } from "../../lib/http/exchange.ts";
import { healthResponder } from "../../lib/http/health_responder.ts";
import { Metrics } from "../../lib/http/metrics.ts";
import { metricsResponder } from "../../lib/http/metrics_responder.ts";
import { describeRequest, targetOf } from "../../lib/http/request.ts";
import { FakeSession } from "./metrics_events.ts";
import { readPrometheus, valueOf } from "./prometheus_reader.ts";

/** A server with one responder, and 404 for what that leaves. */
class Site implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(responder: Responder) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen(): void {} },
      async (request, info) => {
        const target = targetOf(request);
        const client = { ...clientOf(info), isProxied: false };
        const described = describeRequest(request, target, client);
        const exchange = { request, target, info: described };
        return await responder(exchange) ??
          new Response("nothing here", { status: 404 });
      },
    );
  }

  ask(path: string, method = "GET"): Promise<Response> {
    const { port } = this.#server.addr;
    return fetch(`http://127.0.0.1:${port}${path}`, { method });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function metricsSite(): { readonly site: Site; readonly metrics: Metrics } {
  const metrics = new Metrics({ live: () => [] });
  return {
    metrics,
    site: new Site(metricsResponder({ path: "/metrics", metrics })),
  };
}

Deno.test("the metrics page is text that Prometheus reads, new at every request", async () => {
  const { site, metrics } = metricsSite();
  await using _ = site;
  const response = await site.ask("/metrics?whatever");
  const text = await response.text();
  assertEquals(response.status, 200);
  assertEquals(
    response.headers.get("content-type"),
    "text/plain; version=0.0.4; charset=utf-8",
  );
  assertEquals(response.headers.get("cache-control"), "no-store");
  readPrometheus(text);
  assertEquals(valueOf(text, "websocketd_sessions"), 0);
  metrics.sink(new FakeSession("a").opened());
  const later = await (await site.ask("/metrics")).text();
  assertEquals(valueOf(later, "websocketd_sessions"), 1);
});

Deno.test("the metrics page tells what the process uses", async () => {
  const { site } = metricsSite();
  await using _ = site;
  const text = await (await site.ask("/metrics")).text();
  const started = valueOf(text, "process_start_time_seconds");
  assert(Math.abs(started - performance.timeOrigin / 1000) < 1);
  assert(valueOf(text, "process_resident_memory_bytes") > 1e7);
  const before = valueOf(text, "process_cpu_seconds_total");
  const until = performance.now() + 50;
  while (performance.now() < until);
  const later = await (await site.ask("/metrics")).text();
  const used = valueOf(later, "process_cpu_seconds_total") - before;
  assert(used > 0 && used < 60, `${used} s`);
});

Deno.test({
  name: "the metrics page tells how many files are open, and how many may be",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    const { site } = metricsSite();
    await using _ = site;
    const open = async () =>
      valueOf(await (await site.ask("/metrics")).text(), "process_open_fds");
    // The first request opens the connection that the others use.
    await open();
    const before = await open();
    const files = Array.from(
      { length: 100 },
      () => Deno.openSync("/dev/null"),
    );
    const during = await open();
    files.forEach((file) => file.close());
    // The runtime may have opened and closed some of its own.
    assert(Math.abs(during - before - 100) < 20, `${before}, then ${during}`);

    const text = await (await site.ask("/metrics")).text();
    const shell = new Deno.Command("sh", { args: ["-c", "ulimit -n"] });
    const most = new TextDecoder().decode((await shell.output()).stdout).trim();
    assertEquals(
      valueOf(text, "process_max_fds"),
      most === "unlimited" ? Infinity : Number(most),
    );
  },
});

Deno.test("a status page answers HEAD like GET without the text, and other methods with 405", async () => {
  await using site = new Site(
    healthResponder({ path: "/healthz", isDraining: () => false }),
  );
  const head = await site.ask("/healthz", "HEAD");
  assertEquals([head.status, await head.text()], [200, ""]);
  assertEquals(head.headers.get("cache-control"), "no-store");
  assertEquals(head.headers.get("content-type"), "text/plain; charset=utf-8");
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PURGE"]) {
    const response = await site.ask("/healthz", method);
    assertMatch(await response.text(), /^\/healthz .* use GET or HEAD\n$/);
    assertEquals(response.status, 405);
    assertEquals(response.headers.get("allow"), "GET, HEAD");
  }
});

Deno.test("a status page answers its own path only, however that is written", async () => {
  await using site = new Site(
    healthResponder({ path: "/healthz", isDraining: () => false }),
  );
  const statusOf = async (path: string) => {
    const response = await site.ask(path);
    await response.body?.cancel();
    return response.status;
  };
  for (const path of ["/healthz", "/healthz?", "/healthz?a=b", "/%68ealthz"]) {
    assertEquals(await statusOf(path), 200, path);
  }
  for (
    const path of [
      ...["/", "/healthz/", "/healthz/a", "/healthzz", "/HEALTHZ"],
      ...["//healthz", "/a/healthz", "/healthz%00", "/healthz%ff"],
    ]
  ) {
    assertEquals(await statusOf(path), 404, path);
  }
});

Deno.test("the health page says 200 ok, and 503 draining from the moment no more clients are admitted", async () => {
  let isDraining = false;
  await using site = new Site(
    healthResponder({ path: "/healthz", isDraining: () => isDraining }),
  );
  const ok = await site.ask("/healthz");
  assertEquals([ok.status, await ok.text()], [200, "ok\n"]);
  isDraining = true;
  const draining = await site.ask("/healthz");
  assertEquals([draining.status, await draining.text()], [503, "draining\n"]);
  assertEquals(draining.headers.get("cache-control"), "no-store");
});
