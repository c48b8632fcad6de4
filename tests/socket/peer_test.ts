import { assert, assertEquals } from "@std/assert";
import { peerState } from "../../lib/socket/peer.ts";
import { eventually } from "../helpers/deadline.ts";

const ignore = Deno.build.os !== "linux";

/** Two ends of a connection. */
async function connect(
  listen: string,
  hostname: string,
): Promise<{ readonly ours: Deno.TcpConn; readonly theirs: Deno.TcpConn }> {
  using listener = Deno.listen({ hostname: listen, port: 0 });
  const [theirs, ours] = await Promise.all([
    Deno.connect({ hostname, port: listener.addr.port }),
    listener.accept(),
  ]);
  return { ours, theirs };
}

for (
  const [what, listen, hostname] of [
    ["IPv4", "127.0.0.1", "127.0.0.1"],
    ["IPv6", "::1", "::1"],
    ["IPv4 on a listener for both", "::", "127.0.0.1"],
  ]
) {
  Deno.test({
    name:
      `peerState knows a client that is there from one that has closed its end: ${what}`,
    ignore: ignore || (listen !== "127.0.0.1" && !hasIpv6()),
    async fn(): Promise<void> {
      const { ours, theirs } = await connect(listen, hostname);
      using _ = ours;
      const { hostname: address, port } = ours.remoteAddr;
      const peer = { hostname: address, port };
      assertEquals(await peerState(peer), { left: false, unsent: 0 });
      theirs.close();
      await eventually(
        async () => (await peerState(peer))?.left === true,
        "the end to be seen",
      );
    },
  });
}

Deno.test({
  name: "peerState tells how much the client's system has not taken",
  ignore,
  async fn(): Promise<void> {
    const { ours, theirs } = await connect("127.0.0.1", "127.0.0.1");
    using _ours = ours;
    using _theirs = theirs;
    const { hostname, port } = ours.remoteAddr;
    // Until nothing goes any more; what is under way then is more than both systems keep.
    const written = ours.write(new Uint8Array(20_000_000)).catch(() => 0);
    const unsent = await eventually(
      async () => (await peerState({ hostname, port }))?.unsent || false,
      "something unsent",
    );
    assert(unsent > 0 && unsent < 20_000_000, `${unsent}`);
    theirs.close();
    await written;
  },
});

Deno.test({
  name:
    "peerState says of an address that it cannot read, a name for instance, that the system does not tell",
  ignore,
  async fn(): Promise<void> {
    assertEquals(await peerState({ hostname: "unix-socket", port: 0 }), null);
    assertEquals(await peerState({ hostname: "", port: 1 }), null);
  },
});

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}
