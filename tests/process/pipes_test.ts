/** The pipes of real children, once by the runtime's private resources and once by its public streams. */
import { assertEquals, assertLess, assertRejects } from "@std/assert";
import {
  type Pipes,
  pipesOf,
  StreamReader,
  StreamWriter,
} from "../../lib/process/pipes.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";

const KINDS: Record<string, (child: Deno.ChildProcess) => Pipes> = {
  resources: pipesOf,
  streams: ({ stdin, stdout, stderr }) => ({
    stdin: new StreamWriter(stdin),
    stdout: new StreamReader(stdout),
    stderr: new StreamReader(stderr),
  }),
};

const ignore = Deno.build.os === "windows";

for (const [kind, pipesBy] of Object.entries(KINDS)) {
  const start = (script: string) => {
    const child = new Deno.Command("bash", {
      args: ["-c", script],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const pipes = pipesBy(child);
    return {
      ...pipes,
      status: child.status,
      async [Symbol.asyncDispose](): Promise<void> {
        await pipes.stdin.abort();
        await Promise.all([pipes.stdout.cancel(), pipes.stderr.cancel()]);
        try {
          child.kill("SIGKILL");
        } catch {
          // It has ended.
        }
        await child.status;
      },
    };
  };
  const readAll = async (pipe: Pipes["stdout"]) => {
    const sizes = [];
    for (;;) {
      const chunk = await pipe.read(new Uint8Array(100_000));
      if (chunk === null) return sizes.reduce((a, b) => a + b, 0);
      sizes.push(chunk.byteLength);
    }
  };

  Deno.test({
    name: `pipes (${kind}) carry bytes both ways, and end`,
    ignore,
    async fn(): Promise<void> {
      await using child = start("cat; echo done >&2");
      const written = child.stdin.write(new Uint8Array(300_000)).then(() =>
        child.stdin.close()
      );
      assertEquals(await readAll(child.stdout), 300_000);
      await written;
      assertEquals(await readAll(child.stderr), 5);
      assertEquals((await child.status).code, 0);
    },
  });

  Deno.test({
    name: `pipes (${kind}) close after the writes that are under way`,
    ignore,
    async fn(): Promise<void> {
      await using child = start("sleep 0.1; cat | wc -c");
      void child.stdin.write(new Uint8Array(500_000));
      await child.stdin.close();
      const chunk = await child.stdout.read(new Uint8Array(100));
      assertEquals(new TextDecoder().decode(chunk!).trim(), "500000");
    },
  });

  Deno.test({
    name: `pipes (${kind}) reject a write that nobody can read any more`,
    ignore,
    async fn(): Promise<void> {
      await using child = start("exec <&-; echo; sleep 1000");
      await child.stdout.read(new Uint8Array(1));
      await assertRejects(() => child.stdin.write(new Uint8Array(10)));
      await child.stdin.close();
      await child.stdin.abort();
    },
  });

  Deno.test({
    name: `pipes (${kind}) end a read that waits when it is cancelled`,
    ignore,
    async fn(): Promise<void> {
      await using child = start("sleep 1000");
      const read = child.stdout.read(new Uint8Array(10)).catch(() => null);
      await child.stdout.cancel();
      assertEquals(await read, null);
      await child.stdout.cancel();
    },
  });

  Deno.test({
    name:
      `pipes (${kind}) abort without waiting for a program that does not read`,
    ignore,
    async fn(): Promise<void> {
      await using child = start("sleep 1000");
      const written = child.stdin.write(new Uint8Array(1_000_000))
        .catch(() => {});
      const watch = new Stopwatch();
      await child.stdin.abort();
      assertLess(watch.ms, 500);
      void written;
    },
  });
}
