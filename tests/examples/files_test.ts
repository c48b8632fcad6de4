import { assert, assertEquals, assertMatch } from "@std/assert";
import { readArgs } from "../../lib/cli/args.ts";
import {
  examples,
  isMissing,
  linesThatRun,
  lineThatCompiles,
  pathOf,
} from "./example.ts";
import { LANGUAGES } from "./languages.ts";

const SCRIPTS = examples().filter((path) =>
  /\.(awk|js|lua|php|pl|py|rb|sh)$/.test(path) && !path.includes("/page/")
);
const INTERPRETERS =
  /^#!(\/bin\/sh|\/usr\/bin\/env (bash|lua5\.4|node|perl|php|python3|ruby|-S gawk -f))$/;

/** The examples in the folder of a language. */
function inLanguages(): string[] {
  const folders = LANGUAGES.map(({ folder }) => folder);
  return examples().filter((path) => folders.includes(path.split("/")[0]));
}

Deno.test("each language has a counter, a greeter and a dump of the environment", () => {
  const wanted = LANGUAGES.flatMap(({ folder, extension }) =>
    ["counter", "dump_env", "greeter"].map((name) =>
      `${folder}/${name}.${extension}`
    )
  );
  assertEquals(
    examples().filter((path) => /\/(counter|dump_env|greeter)\./.test(path)),
    wanted,
  );
});

Deno.test("every example in a language says at its top how to run it, and how to compile it", () => {
  for (const example of inLanguages()) {
    if (example === "deno/library.ts") continue;
    const lines = linesThatRun(example);
    assertEquals(lines.length, 1, example);
    assertEquals(lines[0][0], "--port=8080", example);
    const line = lineThatCompiles(example) ?? lines[0].join(" ");
    assert(line.endsWith(`./examples/${example}`), `${example}: ${line}`);
  }
});

Deno.test("every line that runs an example has flags that exist, and names files that do", () => {
  let lines = 0;
  for (const example of examples()) {
    for (const words of linesThatRun(example)) {
      lines++;
      // Throws at a flag that there is not.
      readArgs(words);
      const paths = words.join(" ").match(/(?<=\.\/examples\/)\S+/g) ?? [];
      for (const path of paths) Deno.statSync(pathOf(path));
    }
  }
  assert(lines > 60, `${lines} lines`);
});

Deno.test("examples/README.md links to files that exist, each file in a language and each other README", () => {
  const text = Deno.readTextFileSync(pathOf("README.md"));
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)]
    .map(([, path]) => path);
  for (const path of links) Deno.statSync(pathOf(path));
  const wanted = [
    ...inLanguages(),
    ...examples().filter((path) => path.endsWith("/README.md")),
  ];
  assertEquals(wanted.filter((path) => !links.includes(path)), []);
});

Deno.test({
  name: "every script can be executed, and names its interpreter by env",
  ignore: Deno.build.os === "windows",
  fn(): void {
    for (const script of SCRIPTS) {
      const path = pathOf(script);
      assertEquals(Deno.statSync(path).mode! & 0o111, 0o111, script);
      const [line] = Deno.readTextFileSync(path).split("\n");
      assertMatch(line, INTERPRETERS, script);
    }
  },
});

Deno.test({
  name: "shellcheck has nothing to say about the shell scripts",
  ignore: isMissing("shellcheck"),
  async fn(): Promise<void> {
    const { code, stdout } = await new Deno.Command("shellcheck", {
      args: SCRIPTS.filter((path) => path.endsWith(".sh")).map(pathOf),
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "");
    assertEquals(code, 0);
  },
});
