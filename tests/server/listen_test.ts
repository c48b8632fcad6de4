import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ListenError, OptionError, serve } from "../../lib/mod.ts";
import { listen } from "../../lib/server/listen.ts";
import { executable } from "../helpers/executable.ts";
import { LACKS_IPV6 } from "../helpers/machine.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { RawClient } from "../helpers/raw_client.ts";

/** Listens, and says where; ends at once. */
async function addressesOf(
  address: string[] | undefined,
  port = 0,
): Promise<Deno.NetAddr[]> {
  const server = await serve({ command: "cat", port, address });
  await server.kill();
  return [...server.addresses];
}

/** The message of the ListenError that serving fails with. */
async function failure(
  options: { port?: unknown; address?: string[] },
): Promise<string> {
  const { message } = await assertRejects(
    () => serve({ command: "cat", port: 0, ...options as object }),
    ListenError,
  );
  return message;
}

Deno.test({
  name:
    "without addresses a server listens on 127.0.0.1 and ::1, on the same port though it picks it itself",
  ignore: LACKS_IPV6,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "cat",
      address: undefined,
    });
    const listening = server.of("server.listening");
    assertEquals(listening.map(({ hostname }) => hostname), [
      "127.0.0.1",
      "::1",
    ]);
    assert(server.port > 0);
    assertEquals(listening.map(({ url }) => url), [
      `ws://127.0.0.1:${server.port}/`,
      `ws://[::1]:${server.port}/`,
    ]);
    for (const hostname of ["127.0.0.1", "::1"]) {
      using client = await RawClient.open(server.port, { hostname });
      await client.send(hostname);
      assertEquals(await client.message(), hostname);
    }
  },
});

for (
  const [address, hostnames] of [
    [["127.0.0.1"], ["127.0.0.1"]],
    [["[::1]"], ["::1"]],
    [["::1"], ["::1"]],
    [["127.0.0.1", "[::1]"], ["127.0.0.1", "::1"]],
    [["127.0.0.1", "127.0.0.2", "127.0.0.3"], [
      "127.0.0.1",
      "127.0.0.2",
      "127.0.0.3",
    ]],
    [["0.0.0.0"], ["0.0.0.0"]],
    [["localhost"], ["127.0.0.1"]],
    [[], ["127.0.0.1", "::1"]],
  ]
) {
  Deno.test({
    name: `--address=${address.join(" --address=")} listens on ${
      hostnames.join(" and ")
    }, on one port`,
    ignore: LACKS_IPV6 ||
      (address.includes("127.0.0.2") && Deno.build.os !== "linux"),
    async fn(): Promise<void> {
      const addresses = await addressesOf(address);
      const shown = addresses.map(({ hostname }) => hostname);
      // A name may lead to either address first.
      if (address[0] === "localhost") {
        assert(["127.0.0.1", "::1"].includes(shown[0]));
      } else assertEquals(shown, hostnames);
      assertEquals(new Set(addresses.map(({ port }) => port)).size, 1);
    },
  });
}

Deno.test({
  name: "--address=* listens on every address of both families",
  ignore: LACKS_IPV6,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "cat",
      address: ["*"],
    });
    for (const hostname of ["127.0.0.1", "::1"]) {
      using client = await RawClient.open(server.port, { hostname });
      await client.send(hostname);
      assertEquals(await client.message(), hostname);
    }
    // Nobody can connect to ::, so the log says what leads there.
    assertEquals(
      server.of("server.listening")[0].url,
      `ws://localhost:${server.port}/`,
    );
  },
});

Deno.test("a port that is in use is said to be, with what to do", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr;
  assertEquals(
    await failure({ port, address: ["127.0.0.1"] }),
    `Cannot listen on 127.0.0.1:${port}: address already in use (another program listens there; --port=0 picks a free port)`,
  );
});

Deno.test({
  name: "a port that is in use on ::1 only is not served half",
  ignore: LACKS_IPV6,
  async fn(): Promise<void> {
    using other = Deno.listen({ hostname: "::1", port: 0 });
    const { port } = other.addr;
    assertEquals(
      await failure({ port }),
      `Cannot listen on [::1]:${port}: address already in use (another program listens there; --port=0 picks a free port)`,
    );
    // What was listened on before the failure is free again.
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  },
});

for (
  const [port, shown] of [
    [-1, "-1"],
    [65536, "65536"],
    [1.5, "1.5"],
    [NaN, "NaN"],
    [Infinity, "Infinity"],
    ["80", '"80"'],
    [null, "null"],
  ] as const
) {
  Deno.test(`port ${shown} is out of range`, async () =>
    assertEquals(
      await failure({ port }),
      `Cannot listen on port ${shown}: write a whole number from 0 to 65535 (--port)`,
    ));
}

Deno.test("an address of another machine is said to be none of this one", async () =>
  assertEquals(
    await failure({ port: 18999, address: ["192.0.2.1"] }),
    "Cannot listen on 192.0.2.1:18999: this machine has no such address",
  ));

Deno.test("a name that leads nowhere is said to", async () =>
  assertMatch(
    await failure({ port: 18999, address: ["no-such-host.invalid"] }),
    /^Cannot listen on no-such-host\.invalid:18999: the name cannot be looked up \(.+\)$/,
  ));

Deno.test("one address that cannot be listened on: then none is", async () => {
  let port: number;
  {
    using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    port = free.addr.port;
  }
  await failure({ port, address: ["127.0.0.1", "192.0.2.1"] });
  Deno.listen({ hostname: "127.0.0.1", port }).close();
});

for (
  const [port, reason] of [
    [80, "permission denied (ports below 1024 are for root; use --port=8080)"],
    [8080, "permission denied"],
  ] as const
) {
  Deno.test(`port ${port} without the right to it: ${reason}`, async () => {
    // Tests may run as root, who has it.
    const { message } = await assertRejects(
      () =>
        listen(["127.0.0.1"], port, () => {
          throw new Deno.errors.PermissionDenied(
            "Permission denied (os error 13)",
          );
        }),
      ListenError,
    );
    assertEquals(message, `Cannot listen on 127.0.0.1:${port}: ${reason}`);
  });
}

for (
  const [address, shown] of [
    ["127.0.0.1", '"127.0.0.1"'],
    [[""], '""'],
    [["127.0.0.1:8080"], '"127.0.0.1:8080"'],
    [["[::1]:8080"], '"[::1]:8080"'],
    [["localhost:8080"], '"localhost:8080"'],
    [["http://localhost"], '"http://localhost"'],
    [["[localhost]"], '"[localhost]"'],
    [["a b"], '"a b"'],
    [[1], "1"],
    [null, "null"],
  ] as const
) {
  Deno.test(`address ${JSON.stringify(address)} cannot be used`, async () => {
    const { message } = await assertRejects(
      () =>
        serve({
          command: "cat",
          port: 0,
          address: address as unknown as string[],
        }),
      OptionError,
    );
    assertEquals(
      message,
      `Cannot use ${shown} for address (--address): write a list of addresses or host names without port, or * for all`,
    );
  });
}

Deno.test("main.ts ends with 3 and one line when its port is in use", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, stdout, stderr } = await executable([
    `--port=${other.addr.port}`,
    "cat",
  ]).output();
  const log = new TextDecoder().decode(stdout);
  assertEquals(code, 3);
  assertEquals(
    log.trim().split("\n").at(-1)?.replace(/^.*? \| /, ""),
    `FATAL  | server     |  | Can't start server: Cannot listen on 127.0.0.1:${other.addr.port}: address already in use (another program listens there; --port=0 picks a free port)`,
  );
  assertEquals(new TextDecoder().decode(stderr), "");
});
