/** Which test files may run beside each other in one process, as `deno task test` does. */
import { assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };

/** What a process has one of: whoever measures or changes it must be the only one. */
const OF_THE_PROCESS =
  /\bDeno\.(?:memoryUsage|umask|chdir|env\.set)\(|\((?:Deno\.pid)\)|Deno\.exitCode =/;
/** These only speak of it. */
const HARMLESS = [
  "tests/layers_test.ts",
  "tests/process/proc_scan_test.ts",
  "tests/together_test.ts",
];

const { tasks } = config;
const alone: string[] = tasks["test:alone"].command.match(/tests\/\S+/g) ?? [];

async function testFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  const root = new URL(`../${folder}`, import.meta.url);
  for await (const { name, isDirectory } of Deno.readDir(root)) {
    const path = `${folder}/${name}`;
    if (isDirectory) files.push(...await testFiles(path));
    else if (name.endsWith("_test.ts")) files.push(path);
  }
  return files.sort();
}

function ignoredIn(command: string): string[] {
  return /--ignore=(\S+)/.exec(command)?.[1].split(",") ?? [];
}

Deno.test("deno task test: every test that measures or changes its own process runs alone", async () => {
  const files: string[] = [];
  for (const file of await testFiles("tests")) {
    if (HARMLESS.includes(file)) continue;
    const text = await Deno.readTextFile(
      new URL(`../${file}`, import.meta.url),
    );
    if (OF_THE_PROCESS.test(text)) files.push(file);
  }
  assertEquals(files.filter((file) => !alone.includes(file)), []);
});

Deno.test("deno task test: what does not run together with others runs alone, and exists", async () => {
  const files = await testFiles("tests");
  assertEquals(alone.filter((file) => !files.includes(file)), []);
  assertEquals(ignoredIn(tasks["test:together"].command), alone);
});

Deno.test("deno task test: on the wire engine the same run alone, and of the rest all that serves and is not for one engine only", async () => {
  const { "test:wire": { command: together }, "test:wire-alone": one } = tasks;
  const serves = (await testFiles("tests")).filter((file) =>
    /^tests\/(?:e2e\/(?!wire_|older_runtime_)|examples\/(?!deploy_)|server\/listen_test\.ts$)/
      .test(file)
  );
  const expected = alone.filter((file) => serves.includes(file));
  assertEquals(one.command.match(/tests\/\S+/g), expected);
  // All by --ignore: it holds for the first of several folders only that are named.
  const left = ignoredIn(together);
  assertEquals(together.endsWith(left.at(-1)!), true);
  const runs = (await testFiles("tests")).filter((file) =>
    !left.some((path) => file === path || file.startsWith(`${path}/`))
  );
  assertEquals(runs, serves.filter((file) => !expected.includes(file)));
});
