/** What the first client of a server waits for. */
import { assertEquals } from "@std/assert";
import { serve } from "../../lib/mod.ts";

/** What `builtin.ts` asks for modules. */
const runtime = globalThis as unknown as {
  readonly process: { getBuiltinModule(name: string): unknown };
};

for (const engine of ["native", "wire"] as const) {
  Deno.test(`a client of the ${engine} engine gets its first message without waiting for a module to be loaded`, async () => {
    const { getBuiltinModule } = runtime.process;
    const loaded: string[] = [];
    runtime.process.getBuiltinModule = (name) => {
      loaded.push(name);
      return getBuiltinModule(name);
    };
    try {
      const server = await serve({
        ...{ command: "echo", args: ["hi"], port: 0, engine },
        address: ["127.0.0.1"],
      });
      const client = new WebSocket(
        `ws://127.0.0.1:${server.addresses[0].port}/`,
      );
      const message = new Promise((resolve) => {
        client.onmessage = ({ data }) => resolve(data);
      });
      const closed = new Promise((resolve) => client.onclose = resolve);
      assertEquals(await message, "hi");
      await closed;
      await server.drain();
    } finally {
      runtime.process.getBuiltinModule = getBuiltinModule;
    }
    assertEquals(loaded, []);
  });
}
