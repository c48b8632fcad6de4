import { assertEquals } from "@std/assert";
import type { Finding } from "../../lib/doctor/finding.ts";
import { inspectDirectories } from "../../lib/doctor/directory_findings.ts";
import { Scratch } from "../helpers/scratch.ts";
import { assertAllOk, assertFound } from "./found.ts";

const ignore = Deno.build.os === "windows";

Deno.test("inspectDirectories() tells of a directory that is not there, and of a file", () => {
  using scratch = new Scratch();
  const file = scratch.script("file", "#!/bin/sh\n");
  for (
    const [flag, options] of [
      ["--dir", { dir: scratch.file("nosuch") }],
      ["--cgidir", { cgiDir: scratch.file("nosuch") }],
      ["--staticdir", { staticDir: scratch.file("nosuch") }],
    ] as const
  ) {
    assertFound(inspectDirectories(options), "problem", flag, /is not there/);
  }
  const isFile = inspectDirectories({ dir: file });
  assertFound(isFile, "problem", "--dir", /is a file.*without --dir/);
});

Deno.test({
  name: "inspectDirectories() looks at every program, in directories below too",
  ignore,
  fn(): void {
    using scratch = new Scratch();
    scratch.script("good.sh", "#!/bin/sh\n");
    Deno.mkdirSync(scratch.file("below"));
    scratch.script("below/bad.sh", "#!/nosuch/sh\n");
    Deno.writeTextFileSync(scratch.file("plain.sh"), "#!/bin/sh\n", {
      mode: 0o644,
    });
    for (
      const [flag, options] of [
        ["--dir", { dir: scratch.path }],
        ["--cgidir", { cgiDir: scratch.path }],
      ] as const
    ) {
      const findings = inspectDirectories(options);
      assertFound(findings, "ok", flag, /has 1 program that can be started/);
      assertFound(
        findings,
        "warning",
        flag,
        /nosuch\/sh" of ".*below\/bad\.sh"/,
      );
      assertFound(findings, "warning", flag, /plain\.sh".*chmod \+x/);
    }
  },
});

Deno.test({
  name:
    "inspectDirectories() warns of links that lead out of a directory, which are not served, and of no others",
  ignore,
  fn(): void {
    using outside = new Scratch();
    using scratch = new Scratch();
    const program = outside.script("far.sh", "#!/bin/sh\n");
    const near = scratch.script("near.sh", "#!/bin/sh\n");
    Deno.symlinkSync(program, scratch.file("out.sh"));
    Deno.symlinkSync(outside.path, scratch.file("others"));
    Deno.symlinkSync(near, scratch.file("in.sh"));
    Deno.symlinkSync(scratch.path, scratch.file("itself"));
    for (
      const [flag, options] of [
        ["--dir", { dir: scratch.path }],
        ["--cgidir", { cgiDir: scratch.path }],
      ] as const
    ) {
      const findings = inspectDirectories(options);
      assertFound(findings, "ok", flag, /has 2 programs that can be started/);
      for (const name of ["out.sh", "others"]) {
        const said = new RegExp(`${name}" is a symbolic link that leads out`);
        assertFound(findings, "warning", flag, said);
      }
      const warnings = findings.filter(({ mark }) => mark === "warning");
      assertEquals(warnings.length, 2);
    }
  },
});

Deno.test({
  name: "inspectDirectories() takes a link to a directory for no program",
  ignore,
  fn(): void {
    using scratch = new Scratch();
    Deno.mkdirSync(scratch.file("below"));
    scratch.script("below/good.sh", "#!/bin/sh\n");
    Deno.symlinkSync("below", scratch.file("link"));
    const findings = inspectDirectories({ dir: scratch.path });
    assertFound(findings, "ok", "--dir", /has 1 program that can be started/);
    assertAllOk(findings);
  },
});

Deno.test("inspectDirectories() leaves out what is never served", () => {
  using scratch = new Scratch();
  Deno.mkdirSync(scratch.file(".git"));
  Deno.writeTextFileSync(scratch.file(".git/config"), "");
  const findings = inspectDirectories({ dir: scratch.path });
  assertFound(findings, "warning", "--dir", /has no files/);
});

Deno.test({
  name:
    "inspectDirectories() takes files for scripts of --cgidir where --staticdir is elsewhere only",
  ignore,
  fn(): void {
    using scratch = new Scratch();
    scratch.script("run.sh", "#!/bin/sh\n");
    const write = (name: string, text: string) =>
      Deno.writeTextFileSync(scratch.file(name), text, { mode: 0o644 });
    write("index.html", "page");
    const cgiDir = scratch.path;
    assertAllOk(inspectDirectories({ cgiDir, staticDir: cgiDir }));
    const alone = inspectDirectories({ cgiDir });
    assertFound(alone, "warning", "--cgidir", /index\.html".*chmod \+x/);
    write("lost.sh", "#!/bin/sh\n");
    const findings = inspectDirectories({ cgiDir, staticDir: cgiDir });
    assertFound(findings, "warning", "--cgidir", /lost\.sh".*chmod \+x/);
  },
});

Deno.test("inspectDirectories() says what a browser sees that opens the address", () => {
  using scratch = new Scratch();
  const staticDir = scratch.path;
  const without = inspectDirectories({ staticDir });
  assertFound(without, "warning", "--staticdir", /no index\.html.*--listing/);
  assertAllOk(inspectDirectories({ staticDir, listing: true }));
  Deno.writeTextFileSync(scratch.file("index.html"), "");
  assertAllOk(inspectDirectories({ staticDir }));
});

/** Findings about two directories that are one, or one within the other. */
function overlaps(
  scratch: Scratch,
  names: Readonly<Record<string, string>>,
): Finding[] {
  Deno.mkdirSync(scratch.file("site/bin"), { recursive: true });
  for (const at of ["site", "site/bin"]) {
    Deno.writeTextFileSync(scratch.file(`${at}/index.html`), "");
  }
  const options = Object.fromEntries(
    Object.entries(names).map(([name, path]) => [name, scratch.file(path)]),
  );
  return inspectDirectories(options)
    .filter(({ subject }) => subject === "directories");
}

for (
  const [names, words] of [
    [
      { dir: "site", staticDir: "site" },
      /everybody can read what they are made of/,
    ],
    [{ dir: "site", staticDir: "site/bin" }, /--staticdir lies within --dir/],
    [{ cgiDir: "site", staticDir: "site/bin" }, /lies within --cgidir/],
    [
      { command: "site/bin/ok.sh", staticDir: "site" },
      /program lies within --staticdir/,
    ],
    [{ dir: "site", cgiDir: "site" }, /--dir and --cgidir are the same/],
    [{ staticDir: "site", sslKey: "site/index.html" }, /\(--sslkey\).*copies/],
  ] as const
) {
  Deno.test(`inspectDirectories() warns of ${JSON.stringify(names)}`, () => {
    using scratch = new Scratch();
    assertFound(overlaps(scratch, names), "warning", "directories", words);
  });
}

Deno.test("inspectDirectories() finds nothing wrong with programs within --staticdir, which are not shown", () => {
  using scratch = new Scratch();
  assertAllOk(overlaps(scratch, { dir: "site/bin", staticDir: "site" }));
});

Deno.test("inspectDirectories() warns of what --auth names within --staticdir", () => {
  using scratch = new Scratch();
  Deno.writeTextFileSync(scratch.file("index.html"), "");
  Deno.writeTextFileSync(scratch.file("users"), "");
  Deno.writeTextFileSync(scratch.file(".users"), "");
  scratch.script("login.sh", "#!/bin/sh\n");
  const staticDir = scratch.path;
  for (
    const [entry, name] of [
      ["basic", "users"],
      ["token", "users"],
      ["exec", "login.sh"],
    ]
  ) {
    assertFound(
      inspectDirectories({
        staticDir,
        auth: [`${entry}:${scratch.file(name)}`, "token", "header:X-User"],
      }),
      "warning",
      "directories",
      new RegExp(`${name}" \\(--auth\\).*not served, but copies`),
    );
  }
  assertAllOk(
    inspectDirectories({
      staticDir,
      auth: [`basic:${scratch.file(".users")}`],
    }),
  );
});
