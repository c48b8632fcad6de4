/**
 * The NATS servers between several servers of this program.
 *
 * @module
 */
import type { KV } from "@nats-io/kv";
import { hideSecrets, type RelayPlace } from "./relay_url.ts";
import type { NatsConnection } from "./transport.ts";

/** How long a lease holds without being renewed, in milliseconds. What a broker forgets is whole seconds old. */
export const LEASE_MS = 5000;
/** How long to wait for an answer about a lease, in milliseconds: what was asked while the connection broke is never answered. */
const WRITE_MS = LEASE_MS / 5;
/** How long to wait for a broker at the start, in milliseconds. */
const CONNECT_MS = 5000;

/** JetStream's numbers for "wrong last sequence", "stream not found" and "stream name already in use with a different configuration". */
const WRONG_SEQUENCE = 10071, NO_STREAM = 10059, NAME_IN_USE = 10058;

/** What is heard of the connection to the broker. */
export interface BrokerHooks {
  /** It was lost, or is there again. */
  readonly onChange: (isConnected: boolean, message: string) => void;
}

/** A message, as it came. */
export interface Mail {
  readonly bytes: Uint8Array;
  /** Answers who asked. Nothing happens if nobody asked. */
  respond(bytes: Uint8Array): void;
}

/** A connection to a broker, which is made again whenever it is lost. */
export class Broker {
  /** What all subjects of this group begin with. */
  readonly prefix: string;
  /** Largest message that it carries, in bytes. */
  readonly maxPayload: number;
  readonly #connection: NatsConnection;
  readonly #group: string;
  #leases: KV;
  #isConnected = true;

  private constructor(connection: NatsConnection, leases: KV, group: string) {
    this.#connection = connection;
    this.#leases = leases;
    this.#group = group;
    this.prefix = `websocketd.${group}`;
    // Room for the headers of the protocol itself.
    this.maxPayload = (connection.info?.max_payload ?? 1 << 20) - 1024;
  }

  /**
   * Connects.
   *
   * @throws {Error} If no broker answers within 5 s, refuses the credentials, or keeps no leases (JetStream); the message says what to do.
   */
  static async connect(
    place: RelayPlace,
    hooks: BrokerHooks,
  ): Promise<Broker> {
    const { connect } = await import("./transport.ts");
    let connection: NatsConnection;
    try {
      connection = await connect({
        servers: [...place.servers],
        user: place.user,
        pass: place.password,
        token: place.token,
        tls: place.tls ? {} : undefined,
        name: place.group,
        timeout: CONNECT_MS,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        reconnectJitter: 250,
        pingInterval: LEASE_MS / 2,
        maxPingOut: 2,
      });
    } catch (error) {
      throw new Error(
        `Cannot reach the relay at ${place.servers.join(", ")}: ${
          hideSecrets(reasonOf(error))
        } (is nats-server running there?)`,
        { cause: error },
      );
    }
    try {
      const leases = await openLeases(connection, place.group);
      const broker = new Broker(connection, leases, place.group);
      void broker.#watch(hooks);
      return broker;
    } catch (error) {
      await connection.close();
      throw new Error(
        `Cannot use the relay at ${place.servers.join(", ")}: ${
          reasonOf(error)
        } (it has to keep leases: start it with nats-server -js)`,
        { cause: error },
      );
    }
  }

  /** Whether it is there at the moment, as far as is known. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Sends, to whoever listens. Nothing is sent while there is no connection. */
  publish(subject: string, bytes: Uint8Array): void {
    if (!this.#connection.isClosed()) this.#connection.publish(subject, bytes);
  }

  /** Resolves when the broker has everything sent so far, or is gone. Never rejects. */
  async flush(): Promise<void> {
    try {
      await this.#connection.flush();
    } catch {
      // Whoever needs to know is told by an answer that does not come.
    }
  }

  /** Asks, and gives the answer; null if nobody answers within the time. Never rejects. */
  async ask(
    subject: string,
    bytes: Uint8Array,
    ms: number,
  ): Promise<Uint8Array | null> {
    try {
      return (await this.#connection.request(subject, bytes, { timeout: ms }))
        .data;
    } catch {
      return null;
    }
  }

  /** Listens to a subject. Returns what stops it. */
  listen(subject: string, onMail: (mail: Mail) => void): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        onMail({
          bytes: message.data,
          respond: (bytes) => {
            if (!this.#connection.isClosed()) message.respond(bytes);
          },
        });
      },
    });
    return () => {
      if (!this.#connection.isClosed()) subscription.unsubscribe();
    };
  }

  /** Takes a lease that nobody has. Gives its revision, or null if somebody has it. Rejects if the broker does not answer. */
  takeLease(key: string, owner: string): Promise<number | null> {
    return this.#change(() => this.#leases.create(key, owner));
  }

  /** Renews a lease, which makes it hold for {@linkcode LEASE_MS} from now. Gives its new revision, or null if it is no longer the owner's. Rejects if the broker does not answer. */
  async renewLease(
    key: string,
    owner: string,
    revision: number,
  ): Promise<number | null> {
    const renew = (last: number) =>
      this.#change(() => this.#leases.update(key, owner, last));
    const renewed = await renew(revision);
    if (renewed !== null) return renewed;
    // It may have been renewed before, and the answer was lost with a connection.
    const lease = await this.#leases.get(key);
    return lease?.operation === "PUT" && lease.string() === owner
      ? await renew(lease.revision)
      : null;
  }

  /** Gives a lease back. Never rejects. */
  async dropLease(key: string, revision: number): Promise<void> {
    try {
      await this.#leases.delete(key, { previousSeq: revision });
    } catch {
      // It runs out by itself, or is somebody else's by now.
    }
  }

  /** Calls back when a lease is given back. One that runs out is told to nobody. Returns what stops it. */
  async watchLease(key: string, onDropped: () => void): Promise<() => void> {
    const watch = await this.#leases.watch({ key });
    void (async () => {
      for await (const { operation } of watch) {
        if (operation !== "PUT") onDropped();
      }
    })();
    return () => watch.stop();
  }

  /** Ends the connection, after everything sent. Never rejects. */
  async close(): Promise<void> {
    await this.flush();
    await this.#connection.close();
  }

  /** Changes a lease: null if somebody else has done so in between, or if a broker that was started again has forgotten it. */
  async #change(write: () => Promise<number>): Promise<number | null> {
    try {
      return await write();
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code === WRONG_SEQUENCE) return null;
      if (!isNoStream(error)) throw error;
      this.#leases = await openLeases(this.#connection, this.#group);
      return null;
    }
  }

  async #watch({ onChange }: BrokerHooks): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === "disconnect") {
        this.#isConnected = false;
        onChange(false, `The relay at ${status.server} is gone`);
      } else if (status.type === "reconnect") {
        this.#isConnected = true;
        onChange(true, `The relay at ${status.server} is there again`);
      }
    }
  }
}

/** The bucket of leases of a group, made if there is none. An operator may have made it with other settings, such as replicas. */
async function openLeases(
  connection: NatsConnection,
  group: string,
): Promise<KV> {
  const { Kvm } = await import("@nats-io/kv");
  const { jetstream, StorageType } = await import("@nats-io/jetstream");
  const name = `websocketd-${group}`;
  const manager = new Kvm(jetstream(connection, { timeout: WRITE_MS }));
  try {
    return await manager.create(name, {
      ttl: LEASE_MS,
      history: 1,
      storage: StorageType.Memory,
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== NAME_IN_USE) throw error;
    return await manager.open(name);
  }
}

/** A bucket is a stream; without it, nobody answers who writes to it. */
function isNoStream(error: unknown): boolean {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return code === NO_STREAM || name === "JetStreamNotEnabled";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
