import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };

const links: readonly string[] = (config as { links?: string[] }).links ?? [];

Deno.test({
  name: "the stand-ins need no network and no cache",
  ignore: links.length === 0,
  async fn(): Promise<void> {
    const cache = await Deno.makeTempDir();
    try {
      const program = [
        `import { assertEquals } from "@std/assert";`,
        `import { parseArgs } from "@std/cli/parse-args";`,
        `import { toText } from "@std/streams/to-text";`,
        `assertEquals(parseArgs(["--a"]).a, true);`,
        `console.log(await toText(ReadableStream.from(["fine"])));`,
      ].join("\n");
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--quiet",
          "--no-lock",
          "--no-remote",
          "--no-npm",
          "--ext=ts",
          "-",
        ],
        cwd: new URL("../..", import.meta.url),
        env: { DENO_DIR: cache, NO_COLOR: "1" },
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(program));
      await writer.close();
      const { stdout, stderr } = await child.output();
      const decoder = new TextDecoder();
      assertEquals(decoder.decode(stderr), "");
      assertEquals(decoder.decode(stdout), "fine\n");
    } finally {
      await Deno.remove(cache, { recursive: true });
    }
  },
});
