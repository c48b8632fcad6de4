import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BuildError } from "../../.build/build_error.ts";
import { type Bundle, bundle } from "../../.build/bundle.ts";
import { compileBinary } from "../../.build/binary.ts";
import { ROOT } from "../../.build/run_deno.ts";
import { START_FLAGS } from "../../.build/start_flags.ts";
import { thisTarget } from "../../.build/targets.ts";
import { workerFiles, workersIn } from "../../.build/worker_files.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { Scratch } from "../helpers/scratch.ts";

/** A bundle of the program in an empty directory. */
async function bundled(scratch: Scratch): Promise<Bundle> {
  const folder = scratch.file("bundle");
  await Deno.mkdir(folder);
  return await bundle(folder);
}

Deno.test("the workers to bundle are those that the sources start", async () => {
  const workers = await workerFiles();
  assertEquals(workers, [
    "lib/http/auth/bcrypt_compare.ts",
    "lib/server/worker.ts",
  ]);
});

Deno.test("a source that looks for a file in another way cannot be bundled", () => {
  assertEquals(
    workersIn(
      "lib/a/b.ts",
      `// import.meta.dirname\nnew Worker(new URL("./c.ts", import.meta.url)); import.meta.resolve("./d/e.ts"); import.meta.main`,
    ),
    ["lib/a/c.ts", "lib/a/d/e.ts"],
  );
  for (
    const source of [
      "Deno.readTextFile(import.meta.dirname + name)",
      "new URL(name, import.meta.url)",
      'new URL("../page.html", import.meta.url)',
      'import page from "./page.html" with { type: "text" };',
    ]
  ) {
    assertThrows(
      () => workersIn("lib/a.ts", source),
      BuildError,
      "Cannot bundle lib/a.ts: ",
    );
  }
});

Deno.test("a bundle imports nothing but the runtime's own modules and itself", async () => {
  using scratch = new Scratch();
  const { folder, files, workers } = await bundled(scratch);
  assertEquals(files[0], "main.js");
  assertEquals(workers, ["bcrypt_compare.js", "worker.js"]);
  for (const file of files) {
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: [
          "info",
          "--json",
          "--no-config",
          "--no-npm",
          `${folder}/${file}`,
        ],
        env: { NO_COLOR: "1" },
      },
    ).output();
    assert(success, new TextDecoder().decode(stderr));
    const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
      modules: { specifier: string; error?: string }[];
    };
    const others = modules.filter(({ specifier, error }) =>
      error !== undefined ||
      !specifier.startsWith("node:") &&
        !specifier.startsWith(`file://${Deno.realPathSync(folder)}/`)
    );
    assertEquals(others, [], file);
  }
});

Deno.test({
  name:
    "a bundle runs without the sources and without a package cache: threads, passwords and the console",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const { folder } = await bundled(scratch);
    await Deno.mkdir(scratch.file("empty"));
    // The password is "pass".
    await Deno.writeTextFile(
      scratch.file("htpasswd"),
      "ada:$2y$05$PRuBaI79K95gsv4/BgKy1e9/E994cCmKLxYPe.ykeH1eZHo7m2gSm\n",
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", ...START_FLAGS],
        ...["net", "run", "env", "sys"].map((name) => `--allow-${name}`),
        "--allow-read",
        `--deny-read=${ROOT}`,
        `${folder}/main.js`,
        ...["--port=0", "--workers=2", "--devconsole"],
        ...[`--auth=basic:${scratch.file("htpasswd")}`, "echo", "hi"],
      ],
      cwd: scratch.file("empty"),
      env: {
        DENO_DIR: scratch.file("deno"),
        HTTPS_PROXY: "http://127.0.0.1:9",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let log = "";
    const reading = Promise.all([child.stdout, child.stderr].map(
      async (stream) => {
        const text = stream.pipeThrough(new TextDecoderStream());
        for await (const chunk of text) log += chunk;
      },
    ));
    try {
      const [, port] = await eventually(
        () =>
          /Starting WebSocket server {3}: ws:\/\/[^/]*:(\d+)\//.exec(log) ??
            undefined,
        () => `a line that says that it listens: ${log}`,
      );
      for (const [password, status] of [["pass", 200], ["wrong", 401]]) {
        const answer = await fetch(`http://127.0.0.1:${port}/`, {
          headers: { Authorization: `Basic ${btoa(`ada:${password}`)}` },
        });
        const page = await answer.text();
        assertEquals(answer.status, status, `${page}\n${log}`);
        if (status === 200) assert(page.includes("<title>"), page);
      }
    } finally {
      child.kill("SIGTERM");
      await within(child.status, "the server to end");
      await reading;
    }
  },
});

Deno.test({
  name: "a binary has every file of the bundle in it",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const bundle = await bundled(scratch);
    const output = scratch.file("websocketd");
    // Any executable will do for a base.
    const list = await compileBinary(bundle, thisTarget(), output, {
      DENORT_BIN: Deno.execPath(),
    });
    const embedded = list.match(/[\w.-]+\.js(?= \()/g) ?? [];
    assertEquals(embedded.sort(), [...bundle.files].sort(), list);
    assert((await Deno.stat(output)).mode! & 0o100);
    const bytes = new TextDecoder("latin1").decode(await Deno.readFile(output));
    assert(bytes.includes("Turns any program that reads stdin"));
  },
});

Deno.test({
  name:
    "a binary whose base cannot be downloaded is not made, and one sentence says why and what to do",
  // Then it need not be downloaded.
  ignore: Deno.env.has("DENORT_BIN"),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const bundle = await bundled(scratch);
    const { message } = await assertRejects(
      () =>
        compileBinary(bundle, thisTarget(), scratch.file("websocketd"), {
          DENO_DIR: scratch.file("deno"),
          HTTPS_PROXY: "http://127.0.0.1:9",
        }),
      BuildError,
    );
    const { name, triple } = thisTarget();
    const [before, after] = message.split(/ \(.*\); /);
    assertEquals(
      [before, after],
      [
        `Cannot compile for ${name}: its base, denort for ${triple}, cannot be downloaded`,
        "set DENORT_BIN to a copy of it, or make a file without it by --portable",
      ],
    );
  },
});

Deno.test("a binary whose DENORT_BIN is no base is not made", async () => {
  using scratch = new Scratch();
  const bundle = await bundled(scratch);
  const base = scratch.file("nothing");
  await assertRejects(
    () =>
      compileBinary(bundle, thisTarget(), scratch.file("websocketd"), {
        DENORT_BIN: base,
      }),
    BuildError,
    `Cannot compile for ${thisTarget().name}: DENORT_BIN="${base}" cannot be read as a base`,
  );
});
