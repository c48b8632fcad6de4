/**
 * Whether a client that cannot be read from at the moment is still there.
 *
 * @module
 */

/** The state of a connection both of whose ends are there, in `/proc/net/tcp`. */
const ESTABLISHED = "01";

/**
 * Asks Linux whether the other end of a TCP connection has left: closed it,
 * or answered a ping with a reset. A paused socket does not see that by itself,
 * as the end of a stream comes after all that is unread.
 *
 * False where the system does not tell. Never rejects.
 *
 * @param address IP address of the client, without brackets.
 * @param port Port of the client.
 */
export async function hasPeerLeft(
  address: string,
  port: number,
): Promise<boolean> {
  const wanted = tableAddresses(address).map((a) =>
    `${a}:${port.toString(16).toUpperCase().padStart(4, "0")}`
  );
  let readable = false;
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    let rows: string;
    try {
      rows = await Deno.readTextFile(table);
    } catch {
      continue;
    }
    readable = true;
    for (const row of rows.split("\n")) {
      const [, , remote, state] = row.trim().split(/\s+/);
      if (state === ESTABLISHED && wanted.includes(remote)) return false;
    }
  }
  return readable && wanted.length > 0;
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
