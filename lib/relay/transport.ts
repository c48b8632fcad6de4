/**
 * The connection below the NATS client.
 *
 * @module
 */
import type {
  ConnectionOptions,
  NatsConnection,
} from "@nats-io/nats-core/internal";
import type { Socket } from "node:net";

export type { NatsConnection };

/**
 * Connects, as `connect` of `@nats-io/transport-node` does.
 *
 * That one takes all listeners off a socket while an error of it may still be
 * on its way, as when a broker refuses a password and resets the connection.
 * An error that nobody listens to ends the whole program, with all its
 * sessions.
 */
export async function connect(
  options: ConnectionOptions,
): Promise<NatsConnection> {
  const { NatsConnectionImpl, setTransportFactory } = await import(
    "@nats-io/nats-core/internal"
  );
  const { nodeResolveHost, NodeTransport } = await import(
    "@nats-io/transport-node/lib/node_transport.js"
  );
  class GuardedTransport extends NodeTransport {
    override async dial(
      ...server: Parameters<typeof NodeTransport.prototype.dial>
    ): ReturnType<typeof NodeTransport.prototype.dial> {
      return guarded(await super.dial(...server));
    }

    override async startTLS(): ReturnType<
      typeof NodeTransport.prototype.startTLS
    > {
      return guarded(await super.startTLS());
    }
  }
  setTransportFactory({
    factory: () => new GuardedTransport(),
    dnsResolveFn: nodeResolveHost,
  });
  return await NatsConnectionImpl.connect(options);
}

/** Makes somebody listen to the errors of a socket, whatever is taken off it. */
function guarded<S extends Socket>(socket: S): S {
  const { removeAllListeners } = socket;
  const guard = () => socket.on("error", () => {});
  socket.removeAllListeners = (...events) => {
    // Given `undefined`, it would not take off those of all events.
    removeAllListeners.apply(socket, events);
    return guard();
  };
  return guard();
}
