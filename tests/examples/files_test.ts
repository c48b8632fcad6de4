import { assert, assertEquals } from "@std/assert";
import { examples, isMissing, linesThatRun, pathOf } from "./example.ts";

const SCRIPTS = examples().filter((path) => /\.(sh|py|js)$/.test(path));

Deno.test("examples are all there", () => {
  assertEquals(examples(), [
    "bash/chat.sh",
    "bash/counter.sh",
    "bash/dump_env.sh",
    "bash/greeter.sh",
    "bash/read_input.sh",
    "bash/send_receive.sh",
    "deno/greeter.ts",
    "deno/library.ts",
    "html/count.html",
    "nodejs/greeter.js",
    "prometheus/README.md",
    "prometheus/alerts.yml",
    "prometheus/prometheus.yml",
    "python/greeter.py",
  ]);
});

Deno.test("every example says at its top how to run it", () => {
  for (const example of examples()) {
    if (/^(deno\/library\.ts|prometheus\/.*)$/.test(example)) continue;
    const lines = linesThatRun(example);
    assertEquals(lines.length, 1, example);
    const [first, ...words] = lines[0];
    assertEquals(first, "--port=8080", example);
    const script = words.at(-1);
    assert(examples().some((path) => script === `./examples/${path}`), example);
  }
});

Deno.test({
  name: "every script can be executed, and names its interpreter by env",
  ignore: Deno.build.os === "windows",
  fn(): void {
    for (const script of SCRIPTS) {
      const path = pathOf(script);
      assertEquals(Deno.statSync(path).mode! & 0o111, 0o111, script);
      const [line] = Deno.readTextFileSync(path).split("\n");
      assert(/^#!\/usr\/bin\/env (bash|python3|node)$/.test(line), script);
    }
  },
});

Deno.test({
  name: "shellcheck has nothing to say about the scripts in Bash",
  ignore: isMissing("shellcheck"),
  async fn(): Promise<void> {
    const { code, stdout } = await new Deno.Command("shellcheck", {
      args: SCRIPTS.filter((path) => path.endsWith(".sh")).map(pathOf),
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "");
    assertEquals(code, 0);
  },
});
