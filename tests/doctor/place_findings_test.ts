import { assertEquals } from "@std/assert";
import type { Finding } from "../../lib/doctor/finding.ts";
import { inspectPlaces } from "../../lib/doctor/place_findings.ts";
import { portOwner } from "../../lib/doctor/port_owner.ts";
import {
  planListening,
  type ServeOptions,
} from "../../lib/server/serve_options.ts";
import { Scratch } from "../helpers/scratch.ts";
import { assertAllOk, assertFound } from "./found.ts";

async function inspect(options: ServeOptions): Promise<Finding[]> {
  const all = { command: "cat", ...options };
  return await inspectPlaces(planListening(all), all);
}

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("inspectPlaces() finds a free port, and leaves it free", async () => {
  const port = freePort();
  const findings = await inspect({ port, address: ["127.0.0.1"] });
  assertAllOk(findings);
  assertFound(findings, "ok", "port", new RegExp(`${port} is free on 127`));
  Deno.listen({ hostname: "127.0.0.1", port }).close();
});

Deno.test({
  name: "inspectPlaces() tells who has the port",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    assertEquals(portOwner(port)?.pid, Deno.pid);
    const findings = await inspect({ port, address: ["127.0.0.1"] });
    assertFound(
      findings,
      "problem",
      "port",
      new RegExp(`already in use.*process ${Deno.pid}: .*kill ${Deno.pid}`),
    );
  },
});

Deno.test("portOwner() is null for a port that nobody has", () => {
  assertEquals(portOwner(freePort()), null);
});

Deno.test("inspectPlaces() tells of an address that is not this machine's", async () => {
  const findings = await inspect({ port: 0, address: ["192.0.2.1"] });
  assertFound(findings, "problem", "port", /has no such address/);
});

Deno.test("inspectPlaces() tells of two flags with one port", async () => {
  const port = freePort();
  const address = ["127.0.0.1"];
  const found = await inspect({ port, address, redirPort: port });
  assertFound(found, "problem", "redirect port", /--redirport and --port are/);
  const admin = await inspect({
    port,
    address,
    health: "/healthz",
    adminAddress: `127.0.0.1:${port}`,
  });
  assertFound(admin, "problem", "admin address", /--adminaddress and --port/);
});

Deno.test("inspectPlaces() tells of an admin address that is taken", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const findings = await inspect({
    port: 0,
    health: "/healthz",
    adminAddress: `127.0.0.1:${listener.addr.port}`,
  });
  assertFound(findings, "problem", "admin address", /already in use/);
});

Deno.test("inspectPlaces() tells what other machines may do", async () => {
  const findings = await inspect({ port: 0, address: ["0.0.0.0"] });
  assertFound(findings, "warning", "network", /nothing is encrypted/);
  assertFound(findings, "warning", "network", /nobody has to log in/);
  assertFound(findings, "warning", "host", /--host=NAME/);
  const named = await inspect({
    port: 0,
    address: ["0.0.0.0"],
    host: ["example.com"],
    auth: ["token"],
  });
  assertEquals(named.filter(({ mark }) => mark === "warning").length, 1);
});

Deno.test({
  name:
    "inspectPlaces() finds room for a unix socket, and leaves nothing there",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const unixSocket = scratch.file("socket");
    const findings = await inspect({ unixSocket, unixSocketMode: 0o660 });
    assertAllOk(findings);
    assertFound(findings, "ok", "unix socket", /permissions 0660/);
    assertEquals([...Deno.readDirSync(scratch.path)], []);
  },
});

Deno.test({
  name: "inspectPlaces() says whom the umask keeps from a unix socket",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const before = Deno.umask(0o022);
    try {
      const findings = await inspect({ unixSocket: scratch.file("socket") });
      assertFound(
        findings,
        "warning",
        "unix socket",
        /own user.*\(0755\).*0660/,
      );
    } finally {
      Deno.umask(before);
    }
  },
});

Deno.test({
  name: "inspectPlaces() leaves alone what is in the place of a unix socket",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const unixSocket = scratch.file("socket");
    {
      using _live = Deno.listen({ transport: "unix", path: unixSocket });
      const live = await inspect({ unixSocket });
      assertFound(live, "problem", "unix socket", /another server listens/);
      // The socket of a server that was killed: by another name it outlives its listener.
      Deno.renameSync(unixSocket, scratch.file("stale"));
    }
    const stale = scratch.file("stale");
    assertFound(
      await inspect({ unixSocket: stale, unixSocketMode: 0o600 }),
      "ok",
      "unix socket",
      /left from a server that has ended/,
    );
    Deno.statSync(stale);
    Deno.writeTextFileSync(unixSocket, "mine");
    assertFound(
      await inspect({ unixSocket }),
      "problem",
      "unix socket",
      /no socket/,
    );
    assertEquals(scratch.read("socket"), "mine");
    assertFound(
      await inspect({ unixSocket: `/tmp/${"x".repeat(200)}` }),
      "problem",
      "unix socket",
      /choose a shorter one/,
    );
    assertFound(
      await inspect({ unixSocket: scratch.file("nosuch/socket") }),
      "problem",
      "unix socket",
      /no such directory/,
    );
  },
});
