/**
 * The server's end of a real WebSocket, in the test's hand.
 *
 * @module
 */
import { BulkClient } from "./bulk_client.ts";
import { within } from "./deadline.ts";

/**
 * Upgrades one client's connection.
 *
 * @param adapt Called with the `WebSocket` before its `open` event.
 */
export async function upgraded<T>(
  adapt: (socket: WebSocket, client: Deno.NetAddr) => T,
): Promise<
  AsyncDisposable & { readonly adapted: T; readonly client: BulkClient }
> {
  const { promise, resolve } = Promise.withResolvers<T>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen(): void {} },
    (request, { remoteAddr }) => {
      const { socket, response } = Deno.upgradeWebSocket(request, {
        idleTimeout: 0,
      });
      resolve(adapt(socket, remoteAddr as Deno.NetAddr));
      return response;
    },
  );
  const client = await BulkClient.open(server.addr.port);
  return {
    adapted: await promise,
    client,
    async [Symbol.asyncDispose](): Promise<void> {
      client.drop();
      await within(server.shutdown(), "the server to stop");
    },
  };
}
