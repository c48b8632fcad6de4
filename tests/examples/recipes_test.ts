/** The recipes for systemd, containers and Kubernetes, as far as they can be tried without them. */
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertGreater } from "@std/assert";
import { readArgs } from "../../lib/cli/args.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { RawClient } from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";
import { startServer } from "../helpers/server.ts";
import { isMissing, pathOf } from "./example.ts";
import { freePort, isListening, replaced } from "./front.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

function recipe(name: string): string {
  return Deno.readTextFileSync(pathOf(`recipes/${name}`));
}

/** Values of a unit by name; the last one counts. */
function unitValue(unit: string, name: string): string {
  return unit.split("\n").filter((line) => line.startsWith(`${name}=`)).at(-1)!
    .slice(name.length + 1);
}

Deno.test({
  name:
    "recipes/websocketd.service: systemd has nothing to say against it, and little is exposed",
  ignore: isMissing("systemd-analyze"),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const unit = scratch.file("websocketd.service");
    Deno.writeTextFileSync(
      unit,
      replaced(
        replaced(
          recipe("websocketd.service"),
          "/usr/bin/deno",
          Deno.execPath(),
        ),
        "/opt/websocketd",
        scratch.path,
      ),
    );
    const analyze = async (...args: string[]) => {
      const { success, stdout, stderr } = await new Deno.Command(
        "systemd-analyze",
        { args: [...args, unit], env: { LANG: "C", SYSTEMD_PAGER: "" } },
      ).output();
      const text = new TextDecoder();
      return { success, said: text.decode(stdout) + text.decode(stderr) };
    };
    const verified = await analyze("verify", "--man=no");
    assert(verified.success, verified.said);
    // It may have something to say about units of the machine, too.
    assertEquals(
      verified.said.split("\n").filter((line) => line.includes("websocketd")),
      [],
    );
    // From 0 to 10, times ten; most units that come with a system have 90.
    const { success, said } = await analyze(
      "security",
      "--offline=true",
      "--threshold=20",
    );
    assert(success, said);
  },
});

Deno.test("recipes/websocketd.service: its command line is right, and draining ends before systemd loses patience", () => {
  const unit = recipe("websocketd.service");
  const [, words] = /^\/usr\/bin\/deno run -A main\.ts (.*)$/
    .exec(unitValue(unit, "ExecStart"))!;
  const { flags, words: command } = readArgs(words.split(" "));
  assertEquals(command[0], "bash");
  assert(Deno.statSync(`${ROOT}${command[1]}`).isFile);
  // And 2 s for close frames, and the programs' own time to end.
  assertGreater(
    Number(unitValue(unit, "TimeoutStopSec")) * 1000,
    flags.drainms! + 5000,
  );
});

/** An instruction of a Containerfile, with the lines that continue it. */
function instructions(text: string, name: string): string[] {
  const whole = text.replaceAll(/\\\n\s*/g, "");
  return [...whole.matchAll(new RegExp(`^${name} (.*)$`, "gm"))]
    .map(([, rest]) => rest);
}

Deno.test({
  name:
    "recipes/Containerfile: what it copies is enough to serve, its health check tells, and SIGTERM ends it",
  ignore: isMissing("bash") || isMissing("cp"),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const text = recipe("Containerfile");
    assertEquals(instructions(text, "USER"), ["deno"]);
    for (const copy of instructions(text, "COPY")) {
      const sources = copy.split(" ");
      const to = scratch.file(sources.pop()!);
      Deno.mkdirSync(to.slice(0, to.lastIndexOf("/")), { recursive: true });
      const { success } = await new Deno.Command("cp", {
        args: ["-r", ...sources, to],
        cwd: ROOT,
      }).output();
      assert(success, copy);
    }

    const port = freePort();
    const words = [
      ...JSON.parse(instructions(text, "ENTRYPOINT")[0]),
      ...JSON.parse(instructions(text, "CMD")[0]),
    ].map((word) => word.replace("8080", port).replace("=*", "=127.0.0.1"));
    assertEquals(words.splice(0, 3), ["/usr/bin/tini", "--", "deno"]);
    const child = new Deno.Command(Deno.execPath(), {
      args: words,
      cwd: scratch.path,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await using _ = {
      async [Symbol.asyncDispose](): Promise<void> {
        try {
          child.kill("SIGKILL");
        } catch {
          // It has ended by itself.
        }
        await child.status;
      },
    };
    await eventually(() => isListening(port), "the server to listen");

    const [check] = instructions(text, "HEALTHCHECK");
    const [deno, ...args] = JSON.parse(check.slice(check.indexOf("[")));
    assertEquals(deno, "deno");
    const health = async () =>
      (await new Deno.Command(Deno.execPath(), {
        args: args.map((arg: string) => arg.replace("8080", String(port))),
        stdout: "null",
        stderr: "null",
      }).output()).code;
    assertEquals(await health(), 0);
    child.kill("SIGTERM");
    const { code } = await within(child.status, "the server to end");
    assertEquals(code, 0);
    assertGreater(await health(), 0);
  },
});

/** What the test reads of the Deployment. */
interface Deployment {
  readonly kind: string;
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: PodSpec;
    };
  };
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly ports: readonly {
      readonly name: string;
      readonly containerPort: number;
    }[];
    readonly readinessProbe: {
      readonly httpGet: { readonly path: string; readonly port: string };
    };
    readonly livenessProbe: { readonly tcpSocket: { readonly port: string } };
    readonly lifecycle: {
      readonly preStop: { readonly exec: { readonly command: string[] } };
    };
  }[];
}

/** The rest of the file. */
interface Service {
  readonly kind: string;
  readonly spec: { readonly selector: Record<string, string> };
}

async function kubernetes(): Promise<[Deployment, Service]> {
  const { parseAllDocuments } = await import("yaml");
  const documents = parseAllDocuments(recipe("kubernetes.yaml"), {
    strict: true,
    uniqueKeys: true,
  });
  const values = [...documents].map((document) => {
    assertEquals(document.errors, []);
    assertEquals(document.warnings, []);
    return document.toJS();
  });
  assertEquals(values.map(({ kind }) => kind), [
    "Deployment",
    "Service",
    "Ingress",
  ]);
  return values as unknown as [Deployment, Service];
}

Deno.test("recipes/kubernetes.yaml: a pod has the time that its draining takes, and is what the service looks for", async () => {
  const [deployment, service] = await kubernetes();
  const { metadata, spec } = deployment.spec.template;
  const [{ args, lifecycle }] = spec.containers;
  assertEquals(service.spec.selector, metadata.labels);
  const [sleep, seconds] = lifecycle.preStop.exec.command;
  assertEquals(sleep, "sleep");
  const { flags } = readArgs([...args]);
  assertGreater(
    spec.terminationGracePeriodSeconds,
    Number(seconds) + flags.drainms! / 1000 + 5,
  );
});

Deno.test({
  name:
    "recipes/kubernetes.yaml: both probes find the server, and only readiness tells that it drains",
  ignore: isMissing("bash"),
  async fn(): Promise<void> {
    const [deployment] = await kubernetes();
    const [{ args, ports, readinessProbe, livenessProbe }] =
      deployment.spec.template.spec.containers;
    const named = Object.fromEntries(
      ports.map(({ name, containerPort }) => [name, containerPort]),
    );
    assertEquals(args[0], `--port=${named.http}`);
    const port = freePort();
    await using server = await startServer(
      args.slice(1).map((word) =>
        word.replace("=*", "=127.0.0.1")
          .replace(`=0.0.0.0:${named.admin}`, `=127.0.0.1:${port}`)
          .replace("./program/", "./examples/bash/")
      ),
    );
    assertEquals(readinessProbe.httpGet.port, "admin");
    assertEquals(livenessProbe.tcpSocket.port, "admin");
    const ready = async () => {
      const response = await fetch(
        `http://127.0.0.1:${port}${readinessProbe.httpGet.path}`,
      );
      await response.body?.cancel();
      return response.status;
    };
    assertEquals(await ready(), 200);
    using client = await RawClient.open(server.port);
    assertEquals(await client.message(), "1");
    server.signal("SIGTERM");
    await eventually(async () => await ready() === 503, "draining to be told");
    assert(await isListening(port));
    const { messages, code } = await client.all();
    assertEquals({ messages, code }, { messages: ["2", "3"], code: 1000 });
    assertEquals((await server.ended()).code, 0);
  },
});
