import { assertEquals } from "@std/assert";
import { inspectRelay } from "../../lib/doctor/relay_findings.ts";
import { HAS_NATS, NatsServer } from "../helpers/nats_server.ts";
import { assertAllOk, assertFound } from "./found.ts";

Deno.test("inspectRelay() has nothing to say where there is none", async () => {
  assertEquals(await inspectRelay({ command: "cat" }), []);
});

Deno.test("inspectRelay() tells of a relay that is not there", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const findings = await inspectRelay({
    share: "all",
    relay: `nats://127.0.0.1:${port}/group`,
  });
  assertFound(findings, "problem", "relay", /Cannot reach the relay at 127/);
});

Deno.test({
  name: "inspectRelay() tells of a relay that keeps no leases",
  ignore: !HAS_NATS,
  async fn(): Promise<void> {
    await using server = await NatsServer.start({ jetStream: false });
    const relay = server.url("group");
    const findings = await inspectRelay({ share: "all", relay });
    assertFound(findings, "problem", "relay", /nats-server -js/);
  },
});

Deno.test({
  name: "inspectRelay() finds one that can be used",
  ignore: !HAS_NATS,
  async fn(): Promise<void> {
    await using server = await NatsServer.start();
    const relay = server.url("group");
    const findings = await inspectRelay({ share: "all", relay });
    assertAllOk(findings);
    assertFound(findings, "ok", "relay", /can be reached/);
  },
});
