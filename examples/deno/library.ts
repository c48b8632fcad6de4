/**
 * A program behind a WebSocket, beside other routes of a server of your own:
 *
 *   deno run -A examples/deno/library.ts
 *
 * Then open http://localhost:8080/ in a browser. PORT=9000 in the environment
 * makes it another port.
 */
import { handler } from "../../lib/mod.ts";

const examples = `${import.meta.dirname}/..`;

/** Starts counter.sh for each client that it is handed. */
const counter = handler({
  command: "bash",
  args: [`${examples}/bash/counter.sh`],
  maxForks: 20,
  drainMs: 5000,
  onEvent(event): void {
    if (event.type === "session.closed") {
      console.log(`client left: ${event.code} ${event.reason}`);
    }
  },
});

const server = Deno.serve(
  { hostname: "127.0.0.1", port: Number(Deno.env.get("PORT") ?? 8080) },
  async (request, info) => {
    switch (new URL(request.url).pathname) {
      case "/":
        return new Response(
          await Deno.readTextFile(`${examples}/html/count.html`),
          { headers: { "content-type": "text/html; charset=utf-8" } },
        );
      case "/count":
        return counter(request, info);
      case "/clients":
        return Response.json({ clients: counter.sessions });
      default:
        return new Response("Not found\n", { status: 404 });
    }
  },
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, async () => {
    // The programs get 5 s to end by themselves, then their clients are told.
    await counter.drain();
    await server.shutdown();
    Deno.exit(0);
  });
}
