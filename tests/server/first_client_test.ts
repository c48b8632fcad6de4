/** What the first client of a server waits for, and everybody else with it. */
import { assertEquals } from "@std/assert";
import { serve, type ServeOptions } from "../../lib/mod.ts";
import { Scratch } from "../helpers/scratch.ts";

/** What `builtin.ts` asks for modules. */
const runtime = globalThis as unknown as {
  readonly process: { getBuiltinModule(name: string): unknown };
};

/** Modules that are loaded by a server, from its start to its end. */
async function loadedBy(
  options: ServeOptions,
  visit: (port: number) => Promise<void>,
): Promise<string[]> {
  const { getBuiltinModule } = runtime.process;
  const loaded: string[] = [];
  runtime.process.getBuiltinModule = (name) => {
    loaded.push(name);
    return getBuiltinModule(name);
  };
  try {
    const server = await serve({
      ...{ port: 0, address: ["127.0.0.1"] },
      ...options,
    });
    await visit(server.addresses[0].port);
    await server.drain();
  } finally {
    runtime.process.getBuiltinModule = getBuiltinModule;
  }
  return loaded;
}

for (const engine of ["native", "wire"] as const) {
  Deno.test(`a client of the ${engine} engine gets its first message without waiting for a module to be loaded`, async () => {
    const loaded = await loadedBy(
      { command: "echo", args: ["hi"], engine },
      async (port) => {
        const client = new WebSocket(`ws://127.0.0.1:${port}/`);
        const message = new Promise((resolve) => {
          client.onmessage = ({ data }) => resolve(data);
        });
        const closed = new Promise((resolve) => client.onclose = resolve);
        assertEquals(await message, "hi");
        await closed;
      },
    );
    assertEquals(loaded, []);
  });

  Deno.test(`the pages of the ${engine} engine take no module to be loaded`, async () => {
    using scratch = new Scratch();
    const loaded = await loadedBy(
      {
        ...{ command: "cat", engine, devConsole: true },
        ...{ staticDir: scratch.path, listing: true },
      },
      async (port) => {
        for (const path of ["/_console/", "/_client.js", "/"]) {
          const response = await fetch(`http://127.0.0.1:${port}${path}`);
          await response.body?.cancel();
          assertEquals(response.status, 200, path);
        }
      },
    );
    assertEquals(loaded, []);
  });
}
