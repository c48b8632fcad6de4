import { assertEquals } from "@std/assert";
import type { Finding } from "../../lib/doctor/finding.ts";
import { inspectAccess } from "../../lib/doctor/access_findings.ts";
import type { ServeOptions } from "../../lib/server/serve_options.ts";
import { isMissing } from "../examples/example.ts";
import { Scratch } from "../helpers/scratch.ts";
import { assertAllOk, assertFound } from "./found.ts";

async function inspect(options: ServeOptions): Promise<Finding[]> {
  return await inspectAccess(options);
}

for (
  const [origin, words] of [
    ["*", /any page that somebody here visits.*--origin=https/],
    ["null", /any page can make itself look/],
    ["wss://example.com", /never matches.*write https:\/\/example\.com/],
    ["ws://example.com:1/", /never matches.*write http:\/\/example\.com:1$/],
    ["http://localhost", /port 80 only.*write localhost for any port/],
    ["https://127.0.0.1/", /port 443 only/],
  ] as const
) {
  Deno.test(`inspectAccess() warns of --origin=${origin}`, async () => {
    assertFound(
      await inspect({ origin: [origin] }),
      "warning",
      "origin",
      words,
    );
  });
}

Deno.test("inspectAccess() finds nothing wrong with origins that name pages", async () => {
  for (
    const entry of [
      "example.com",
      "https://example.com/",
      "http://localhost:3000",
    ]
  ) {
    const findings = await inspect({ origin: [entry] });
    assertAllOk(findings);
    assertEquals(findings.length, 1, entry);
  }
  assertEquals(await inspect({}), []);
});

Deno.test("inspectAccess() warns of an origin without a scheme on a server with TLS", async () => {
  assertFound(
    await inspect({ origin: ["example.com"], ssl: true }),
    "warning",
    "origin",
    /no scheme.*write https:\/\/example\.com/,
  );
});

Deno.test("inspectAccess() reads the files of --auth", async () => {
  using scratch = new Scratch();
  const path = scratch.file("tokens");
  assertFound(
    await inspect({ auth: [`token:${path}`] }),
    "problem",
    "auth",
    /no such file/,
  );
  await Deno.writeTextFile(path, "ada 0123456789abcdef\n", { mode: 0o600 });
  assertAllOk(await inspect({ auth: [`token:${path}`, "token"] }));
  await Deno.writeTextFile(path, "ada bob 0123456789abcdef\n");
  assertFound(
    await inspect({ auth: [`token:${path}`] }),
    "problem",
    "auth",
    /line 1 is neither/,
  );
});

Deno.test({
  name: "inspectAccess() warns of secrets that everybody can read",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const path = scratch.file("tokens");
    await Deno.writeTextFile(path, "0123456789abcdef\n");
    Deno.chmodSync(path, 0o644);
    assertFound(
      await inspect({ auth: [`token:${path}`] }),
      "warning",
      "auth",
      /Every user .*chmod/,
    );
  },
});

Deno.test({
  name: "inspectAccess() judges each entry of --auth by itself",
  ignore: isMissing("cat"),
  async fn(): Promise<void> {
    const findings = await inspect({
      auth: ["header:X-User", "exec:cat", "exec:nosuchprogram"],
    });
    assertFound(findings, "problem", "auth", /without --trustproxy/);
    assertFound(findings, "ok", "auth", /exec:cat can be used/);
    assertFound(findings, "problem", "auth", /nosuchprogram/);
  },
});

Deno.test({
  name: "inspectAccess() looks into the program that decides about logins",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const program = scratch.script("login", "#!/no/such/interpreter\n");
    const [finding, ...others] = await inspect({ auth: [`exec:${program}`] });
    assertFound([finding], "problem", "auth", /"\/no\/such\/interpreter"/);
    assertEquals(others, []);
  },
});

Deno.test("inspectAccess() warns of trust in everybody", async () => {
  assertFound(
    await inspect({ trustProxy: ["0.0.0.0/0"] }),
    "warning",
    "proxy",
    /any address/,
  );
  assertAllOk(await inspect({ trustProxy: ["10.0.0.0/8", "unix"] }));
  assertFound(
    await inspect({ trustProxy: ["10.0.0.0/99"] }),
    "problem",
    "proxy",
    /10\.0\.0\.0\/99/,
  );
});
