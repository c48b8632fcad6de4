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

Deno.test("deno task test: on the wire engine the same run alone, and left out are only those that are for it anyway", () => {
  const together = tasks["test:wire"].command;
  const one = tasks["test:wire-alone"].command;
  const expected = alone.filter((file) =>
    /^tests\/e(?:2e|xamples)\//.test(file)
  );
  assertEquals(one.match(/tests\/\S+/g), expected);
  const left = ignoredIn(together).filter((file) => !expected.includes(file));
  assertEquals(left.filter((file) => !file.startsWith("tests/e2e/wire_")), []);
  assertEquals(
    expected.filter((file) => !ignoredIn(together).includes(file)),
    [],
  );
});
