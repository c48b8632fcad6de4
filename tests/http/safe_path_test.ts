import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { OptionError } from "../../lib/errors.ts";
import { openRoot, pathSegments, walk } from "../../lib/http/safe_path.ts";
import { Scratch } from "../helpers/scratch.ts";

for (
  const [rawPath, segments] of [
    ["/", [""]],
    ["/a", ["a"]],
    ["/a/", ["a", ""]],
    ["/a/b.txt", ["a", "b.txt"]],
    ["//a", ["", "a"]],
    ["/a//b", ["a", "", "b"]],
    ["/a%20b/%C3%BC", ["a b", "ü"]],
    ["/ü", ["ü"]],
    ["/a+b", ["a+b"]],
    ["/a;v=1/b", ["a;v=1", "b"]],
    ["/...", ["..."]],
    ["/..a/a..", ["..a", "a.."]],
    ["/.git", [".git"]],
    // Decoded once: what comes out is a name, and a strange one.
    ["/%252e%252e/%252f", ["%2e%2e", "%2f"]],
    ["/a%0Ab", ["a\nb"]],
    ["/%3F%23", ["?#"]],
  ] as const
) {
  Deno.test(`${JSON.stringify(rawPath)} has the segments ${JSON.stringify(segments)}`, () =>
    assertEquals(pathSegments(rawPath, "linux"), [...segments]));
}

for (
  const rawPath of [
    "",
    "a",
    "*",
    "example.org:443",
    "/.",
    "/..",
    "/./a",
    "/a/../b",
    "/a/..",
    "/%2e",
    "/%2e%2e/a",
    "/.%2e/a",
    "/%2E./a",
    "/a%2fb",
    "/a%2Fb",
    "/..%2fetc",
    "/%2e%2e%2fetc",
    "/\\",
    "/a\\b",
    "/..\\a",
    "/..%5ca",
    "/a%5Cb",
    "/%00",
    "/a.html%00.txt",
    "/a\0",
    "/%",
    "/%2",
    "/%zz",
    "/%u002e",
    "/%ff",
    "/%ed%a0%80",
    // "." and "/" in more bytes than they need.
    "/%c0%ae%c0%ae/a",
    "/%e0%80%ae/a",
    "/%f0%80%80%ae/a",
    "/..%c0%afetc",
    "/%c1%9c",
  ]
) {
  Deno.test(`${JSON.stringify(rawPath)} is no path to a file`, () =>
    assertEquals(pathSegments(rawPath, "linux"), null));
}

for (
  const name of [
    "C:",
    "a.txt::$DATA",
    "a:b",
    "CON",
    "con",
    "nul.txt",
    "Aux.tar.gz",
    "prn ",
    "NUL .txt",
    "COM1",
    "lpt9.log",
    "COM¹",
    "CONIN$",
    "conout$",
    "a.",
    "a ",
    "...",
    "a*",
    "a?",
    'a"b',
    "a<b",
    "a|b",
    "a\nb",
  ]
) {
  Deno.test(`${JSON.stringify(name)} is a name, but not on Windows`, () => {
    const rawPath = `/${encodeURIComponent(name)}`;
    assertEquals(pathSegments(rawPath, "linux"), [name]);
    assertEquals(pathSegments(rawPath, "windows"), null);
  });
}

Deno.test("names that look like devices and are none are names on Windows too", () => {
  const names = ["console", "com", "com10", "nulls", "a.con", "conf.txt", "ü"];
  for (const name of names) {
    assertEquals(pathSegments(`/${encodeURIComponent(name)}`, "windows"), [
      name,
    ]);
  }
});

/** Anything that can be a name of a file on Linux. */
const fileName = fc.string({ unit: "binary", minLength: 1, maxLength: 12 })
  .filter((name) => !/[/\\\0]/.test(name) && name !== "." && name !== "..");

Deno.test("any names, encoded and joined by slashes, come back as they were", () => {
  fc.assert(fc.property(fc.array(fileName, { minLength: 1 }), (names) => {
    const rawPath = `/${names.map(encodeURIComponent).join("/")}`;
    assertEquals(pathSegments(rawPath, "linux"), names);
  }));
});

/** Paths of what attackers write, in any order. */
const trickyPath = fc.array(
  fc.oneof(
    fc.constantFrom(
      "/",
      "//",
      ".",
      "..",
      "%2e",
      "%2E",
      "%252e",
      "%2f",
      "%5c",
      "\\",
      "%00",
      "%c0%ae",
      "%",
      ";",
      ":",
      "a",
    ),
    fc.string({ unit: "binary", maxLength: 3 }),
  ),
).map((parts) => `/${parts.join("")}`);

Deno.test("no path has a segment that leads elsewhere, and none lacks one", () => {
  fc.assert(
    fc.property(trickyPath, (rawPath) => {
      const segments = pathSegments(rawPath, "linux");
      if (segments === null) return;
      assertEquals(segments.length, rawPath.split("/").length - 1);
      for (const segment of segments) {
        assert(!/[/\\\0]/.test(segment), segment);
        assert(segment !== "." && segment !== "..", segment);
      }
    }),
    { numRuns: 1000 },
  );
});

/** A directory with a secret beside it, and links of all kinds. */
class Tree implements Disposable {
  readonly #scratch = new Scratch();
  readonly root: string;

  constructor() {
    const { path } = this.#scratch;
    Deno.mkdirSync(`${path}/site/dir/inner`, { recursive: true });
    Deno.mkdirSync(`${path}/site-secrets`);
    Deno.writeTextFileSync(`${path}/site-secrets/key`, "secret");
    Deno.writeTextFileSync(`${path}/secret`, "secret");
    Deno.writeTextFileSync(`${path}/site/file`, "text");
    Deno.writeTextFileSync(`${path}/site/dir/inner/deep`, "text");
    const links = {
      "out": "../secret",
      "dir/out": path,
      "sibling": "../site-secrets",
      "absolute": "/etc",
      "around": "../site/file",
      "dir/up": "..",
      "alias": "dir/inner/deep",
      "dangling": "nothing",
      "loop": "loop",
      "ping": "pong",
      "pong": "ping",
    };
    for (const [name, target] of Object.entries(links)) {
      Deno.symlinkSync(target, `${path}/site/${name}`);
    }
    this.root = openRoot(`${path}/site`, "--staticdir");
  }

  /** Where a path leads from the root, how many segments it took, and what is there. */
  async walk(path: string): Promise<[string, number, string] | null> {
    const found = await walk(this.root, path.split("/"));
    if (found === null) return null;
    const what = found.info.isDirectory ? "directory" : "file";
    return [found.realPath.slice(this.root.length), found.used, what];
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

const OPTIONS = { ignore: Deno.build.os === "windows" };

for (
  const [path, expected] of [
    ["", ["", 1, "directory"]],
    ["file", ["/file", 1, "file"]],
    ["file/more/info", ["/file", 1, "file"]],
    ["file//", ["/file", 1, "file"]],
    ["dir", ["/dir", 1, "directory"]],
    ["dir/", ["/dir", 2, "directory"]],
    ["dir/inner/deep", ["/dir/inner/deep", 3, "file"]],
    ["dir/inner/deep/x", ["/dir/inner/deep", 3, "file"]],
    ["alias", ["/dir/inner/deep", 1, "file"]],
    ["around", ["/file", 1, "file"]],
    ["dir/up/file", ["/file", 3, "file"]],
    ["dir/up/dir/up", ["", 4, "directory"]],
    ["nothing", null],
    ["dir/nothing", null],
    ["nothing/file", null],
    ["/file", null],
    ["dir//inner", null],
    ["dir//", null],
    ["out", null],
    ["out/info", null],
    ["dir/out", null],
    ["dir/out/secret", null],
    ["dir/out/site-secrets/key", null],
    ["sibling", null],
    ["sibling/key", null],
    ["absolute/passwd", null],
    ["dangling", null],
    ["dangling/x", null],
    ["loop", null],
    ["loop/x", null],
    ["ping", null],
    ["x".repeat(255), null],
    ["x".repeat(256), null],
    ["x".repeat(100_000), null],
    ["dir/" + "x/".repeat(5000), null],
  ] as const
) {
  const shown = path.length > 40 ? `${path.length} characters` : path;
  const end = expected === null ? "nowhere" : `to ${expected.join(", ")}`;
  Deno.test(
    `walking ${JSON.stringify(shown)} leads ${end}`,
    OPTIONS,
    async () => {
      using tree = new Tree();
      assertEquals(await tree.walk(path), expected as unknown);
    },
  );
}

Deno.test(
  "walking a link out of the directory and back in leads to what is inside",
  OPTIONS,
  async () => {
    using tree = new Tree();
    assertEquals(await tree.walk("dir/out/site/file"), ["/file", 4, "file"]);
  },
);

Deno.test(
  "walking stops at what is neither a file nor a directory",
  OPTIONS,
  async () => {
    using tree = new Tree();
    using _listener = Deno.listen({
      transport: "unix",
      path: `${tree.root}/socket`,
    });
    const found = await walk(tree.root, ["socket", "x"]);
    assertEquals(found?.info.isFile, false);
    assertEquals(found?.info.isDirectory, false);
    assertEquals(found?.used, 1);
  },
);

Deno.test(
  "walking finds nothing when the directory is gone, and what is new when it is back",
  OPTIONS,
  async () => {
    using tree = new Tree();
    await Deno.rename(tree.root, `${tree.root}-old`);
    assertEquals(await tree.walk("file"), null);
    assertEquals(await tree.walk(""), null);
    await Deno.mkdir(tree.root);
    await Deno.writeTextFile(`${tree.root}/new`, "");
    assertEquals(await tree.walk("new"), ["/new", 1, "file"]);
  },
);

Deno.test("no walk ends outside of the directory", OPTIONS, async () => {
  using tree = new Tree();
  const entries = await Array.fromAsync(Deno.readDir(tree.root));
  const names = entries.map(({ name }) => name);
  const name = fc.constantFrom(
    ...names,
    "",
    "inner",
    "deep",
    "up",
    "out",
    "site",
    "site-secrets",
    "secret",
    "key",
    "..",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(name, { maxLength: 8 }), async (segments) => {
      const found = await walk(tree.root, segments);
      if (found === null) return;
      const { realPath, used } = found;
      assert(
        realPath === tree.root || realPath.startsWith(`${tree.root}/`),
        realPath,
      );
      assert(used <= segments.length);
      assertEquals(
        await Deno.realPath([tree.root, ...segments.slice(0, used)].join("/")),
        realPath,
      );
    }),
    { numRuns: 500 },
  );
});

Deno.test(
  "a walk from the root of the file system ends inside of it",
  OPTIONS,
  async () => {
    const root = openRoot("/", "--staticdir");
    assertEquals((await walk(root, ["tmp"]))?.info.isDirectory, true);
    assertEquals((await walk(root, [""]))?.realPath, "/");
  },
);

Deno.test("openRoot follows the link a directory is named by", OPTIONS, () => {
  using scratch = new Scratch();
  Deno.mkdirSync(scratch.file("dir"));
  Deno.symlinkSync("dir", scratch.file("link"));
  assertEquals(
    openRoot(`${scratch.file("link")}/../link/`, "--dir"),
    Deno.realPathSync(scratch.file("dir")),
  );
});

Deno.test("openRoot names the flag, the directory and what is wrong with it", () => {
  using scratch = new Scratch();
  scratch.script("file", "");
  for (
    const [name, reason] of [
      ["nothing", "there is no such directory"],
      ["file", "it is not a directory"],
    ]
  ) {
    const path = scratch.file(name);
    assertThrows(
      () => openRoot(path, "--cgidir"),
      OptionError,
      `Cannot use --cgidir=${path}: ${reason}`,
    );
  }
});
