/**
 * What the system knows about the other end of a connection.
 *
 * @module
 */

/** The states in `/proc/net/tcp` of a connection whose other end has not closed it: ESTABLISHED, and after our end has closed its half FIN_WAIT1 and FIN_WAIT2. */
const IS_THERE: ReadonlySet<string> = new Set(["01", "04", "05"]);

/** Questions asked within this time of each other share one look at the system. */
const SHARE_MS = 20;

/** The other end of a TCP connection. */
export interface Peer {
  /** IP address, without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** How a connection stands. */
export interface PeerState {
  /** Whether the other end has left: closed the connection, or answered a ping with a reset. A paused socket does not see that by itself, as the end of a stream comes after all that is unread. */
  readonly left: boolean;
  /** Bytes sent that the other end's system has not taken yet. */
  readonly unsent: number;
}

/** Asks Linux how the connection to a client stands. Null where the system does not tell. Looks after the call, never before. Never rejects. */
export async function peerState(
  { hostname, port }: Peer,
): Promise<PeerState | null> {
  const wanted = tableAddresses(hostname).map((address) =>
    `${address}:${port.toString(16).toUpperCase().padStart(4, "0")}`
  );
  if (wanted.length === 0) return null;
  nextTable ??= readTable();
  const table = await nextTable;
  if (table === null) return null;
  const unsent = wanted.map((address) => table.get(address))
    .find((unsent) => unsent !== undefined);
  return { left: unsent === undefined, unsent: unsent ?? 0 };
}

/** What other ends that are there have not taken yet, by their addresses. */
type Table = ReadonlyMap<string, number>;

let nextTable: Promise<Table | null> | null = null;

/** Reads the system's table of connections, all of them: whoever asks within a moment shares it, as when many are told goodbye at once. */
async function readTable(): Promise<Table | null> {
  await new Promise((resolve) => setTimeout(resolve, SHARE_MS));
  // From here on a caller must wait for the table after this one.
  nextTable = null;
  const table = new Map<string, number>();
  let readable = false;
  for (const path of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    let rows: string;
    try {
      rows = await Deno.readTextFile(path);
    } catch {
      continue;
    }
    readable = true;
    for (const row of rows.split("\n")) {
      const [, , remote, state, queues] = row.trimStart().split(" ", 5);
      if (!IS_THERE.has(state)) continue;
      table.set(remote, parseInt(queues.split(":")[0], 16));
    }
  }
  return readable ? table : null;
}

/** An IP address as the kernel's tables print it: 32-bit words in the machine's byte order, in hexadecimal. */
function tableAddresses(address: string): string[] {
  const mapped = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(address);
  if (mapped !== null) {
    const v4 = words(mapped.slice(1, 5).map(Number));
    // A dual-stack listener has its IPv4 clients in the IPv6 table.
    return [v4, "0000000000000000" + words([0, 0, 255, 255]) + v4];
  }
  const bytes = ipv6Bytes(address);
  return bytes === null ? [] : [words(bytes)];
}

function words(bytes: readonly number[]): string {
  let text = "";
  for (let word = 0; word < bytes.length; word += 4) {
    for (let i = 3; i >= 0; i--) {
      text += bytes[word + i].toString(16).toUpperCase().padStart(2, "0");
    }
  }
  return text;
}

function ipv6Bytes(address: string): number[] | null {
  let normal: string;
  try {
    normal = new URL(`http://[${address.split("%")[0]}]/`).hostname.slice(
      1,
      -1,
    );
  } catch {
    return null;
  }
  const [head, tail] = normal.split("::");
  const groups = (part: string | undefined) =>
    part === undefined || part === "" ? [] : part.split(":");
  const front = groups(head), back = groups(tail);
  const middle = tail === undefined
    ? []
    : new Array(8 - front.length - back.length).fill("0");
  return [...front, ...middle, ...back].flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}
