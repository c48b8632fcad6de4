/** What a start does not load. */
import { assertEquals } from "@std/assert";
import { ROOT, runDeno } from "../../.build/run_deno.ts";
import { Scratch } from "../helpers/scratch.ts";

interface Graph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier: string };
    }[];
  }[];
}

Deno.test("main.ts imports of the runtime's modules only those that take no time", async () => {
  const { stdout } = await runDeno(["info", "--json", "main.ts"]);
  const { roots, modules } = JSON.parse(stdout) as Graph;
  const loaded = new Set(roots);
  for (const specifier of loaded) {
    const module = modules.find((one) => one.specifier === specifier);
    for (const { isDynamic, code } of module?.dependencies ?? []) {
      if (!isDynamic && code !== undefined) loaded.add(code.specifier);
    }
  }
  assertEquals(
    [...loaded].filter((specifier) => specifier.startsWith("node:")).sort(),
    ["node:buffer", "node:timers"],
  );
});

Deno.test("a server that nobody has asked for anything has loaded no more of them", async () => {
  using scratch = new Scratch();
  const script = scratch.file("start.ts");
  await Deno.writeTextFile(
    script,
    `import { serve } from "${ROOT}lib/mod.ts";
     const before = process.getBuiltinModule;
     process.getBuiltinModule = (name) => (console.log(name), before(name));
     const server = await serve({ command: "cat", port: 0 });
     await server.kill();
     console.log("ended");`,
  );
  const { stdout, stderr } = await runDeno(["run", "-A", script]);
  assertEquals(stdout, "ended\n", stderr);
});
