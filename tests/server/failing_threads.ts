import type { ServeOptions, Server } from "../../lib/mod.ts";
import { serveWithWorkers } from "../../lib/server/workers.ts";

/**
 * A server with two threads that can be made to fail, as `failing_worker.ts`
 * says. Its programs are killed at the end of the scope it is declared in.
 *
 * @param workers Gets each thread that is started, those that take the place of others too.
 */
export async function startFailing(
  options: ServeOptions,
  workers: Worker[],
): Promise<Server & AsyncDisposable & { readonly port: number }> {
  const server = await serveWithWorkers(
    { address: ["127.0.0.1"], port: 0, ...options },
    2,
    () => {
      const worker = new Worker(
        new URL("./failing_worker.ts", import.meta.url),
        { type: "module" },
      );
      workers.push(worker);
      return worker;
    },
  );
  return {
    ...server,
    port: server.addresses[0].port,
    [Symbol.asyncDispose]: () => server.kill(),
  };
}
