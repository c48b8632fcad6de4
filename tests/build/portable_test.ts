import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { within } from "../helpers/deadline.ts";
import { PortableFile } from "./portable_file.ts";

const WINDOWS = Deno.build.os === "windows";

function test(name: string, fn: (file: PortableFile) => Promise<void>): void {
  Deno.test({
    name,
    ignore: WINDOWS,
    async fn(): Promise<void> {
      using file = await PortableFile.make();
      await fn(file);
    },
  });
}

function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name);
}

test("a portable file says in its second line what it is", async ({ path }) => {
  const [first, second] = new TextDecoder("latin1")
    .decode(await Deno.readFile(path)).split("\n");
  assertEquals(first, "#!/bin/sh");
  assertMatch(
    second,
    /^# websocketd \d+\.\d+\.\d+ for (linux|macos)-(x64|arm64), portable: /,
  );
});

test("a portable file hands on its words as they are, its name, its input and its exit code", async (file) => {
  const { code, stdout, stderr } = await file.run(["a b", "", "$x", "*", "--"]);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "name wsd\n");
  assertStringIncludes(
    stdout,
    "program main\nword [a b]\nword []\nword [$x]\nword [*]\nword [--]\n",
  );
  assertEquals((await file.run(["fail"])).code, 7);
  const echo = new Deno.Command(file.path, {
    args: ["echo"],
    env: { XDG_CACHE_HOME: file.cache },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = echo.stdin.getWriter();
  await writer.write(new TextEncoder().encode("what comes in\n"));
  await writer.close();
  assertEquals(
    new TextDecoder().decode((await echo.output()).stdout),
    "what comes in\n",
  );
});

test("a portable file becomes the program: one process, which gets the signals", async (file) => {
  const child = file.command(["stop"]).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const ready = await within(reader.read(), "the program to be ready");
  assertEquals(ready.value, "ready\n");
  child.kill("SIGTERM");
  const said = await within(reader.read(), "the program to get the signal");
  assertEquals(said.value, "got TERM\n");
  assertEquals((await child.status).code, 5);
  await reader.cancel();
  await child.stderr.cancel();
  const other = file.command().spawn();
  const { stdout } = await other.output();
  assertStringIncludes(new TextDecoder().decode(stdout), `pid ${other.pid}\n`);
});

test("a portable file unpacks at its first start only", async (file) => {
  await file.run();
  const before = file.files();
  assertEquals(Object.keys(before), ["main.js", "websocketd", "worker.js"]);
  await file.run();
  assertEquals(file.files(), before);
  assertEquals(
    namesIn(`${file.cache}/websocketd`).length,
    2,
    "a directory and what is known of it, nothing else",
  );
});

test("a portable file unpacks what only its user can read, and leaves the umask as it was", async (file) => {
  const child = new Deno.Command("sh", {
    args: ["-c", `umask 027; exec "$0"`, file.path],
    env: { XDG_CACHE_HOME: file.cache },
  });
  const { stdout } = await child.output();
  assertMatch(new TextDecoder().decode(stdout), /^umask 0*27$/m);
  const modes = [
    file.cache,
    `${file.cache}/websocketd`,
    file.unpacked(),
    `${file.unpacked()}/main.js`,
    `${file.unpacked()}/websocketd`,
  ].map((path) => (Deno.statSync(path).mode! & 0o777).toString(8));
  assertEquals(modes, ["700", "700", "700", "600", "700"]);
});

test("a portable file unpacks into ~/.cache, and with no home into TMPDIR", async (file) => {
  const home = file.scratch.file("home");
  await file.run([], { XDG_CACHE_HOME: "" });
  // A relative one is none (XDG Base Directory Specification).
  await file.run([], { XDG_CACHE_HOME: "relative" });
  const cache = Deno.build.os === "darwin" ? "Library/Caches" : ".cache";
  file.unpacked(`${home}/${cache}/websocketd`);
  const { code, stderr } = await file.run([], {
    XDG_CACHE_HOME: "",
    HOME: "/dev/null",
  });
  assertEquals([code, stderr], [0, ""]);
  file.unpacked(`${file.temporary}/websocketd-${Deno.uid()}`);
});

for (
  const [what, harm] of Object.entries({
    "has been changed to the same size at the same time": (folder: string) => {
      const { mtime } = Deno.statSync(`${folder}/main.js`);
      Deno.writeTextFileSync(`${folder}/main.js`, "evil");
      Deno.utimeSync(`${folder}/main.js`, mtime!, mtime!);
    },
    "has been replaced": (folder: string) => {
      Deno.writeTextFileSync(`${folder}/other`, "evil", { mode: 0o600 });
      Deno.renameSync(`${folder}/other`, `${folder}/main.js`);
    },
    "is half": (folder: string) =>
      Deno.truncateSync(`${folder}/websocketd`, 30),
    "is missing": (folder: string) => Deno.removeSync(`${folder}/worker.js`),
    "is one too many": (folder: string) =>
      Deno.writeTextFileSync(`${folder}/deno.json`, "{}"),
    "cannot be run": (folder: string) =>
      Deno.chmodSync(`${folder}/websocketd`, 0o600),
  })
) {
  test(`a portable file unpacks again what ${what}`, async (file) => {
    await file.run();
    const before = file.files();
    harm(file.unpacked());
    const { code, stdout, stderr } = await file.run();
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "program main\n");
    const after = file.files();
    assertEquals(Object.keys(after), ["main.js", "websocketd", "worker.js"]);
    assertNotEquals(after, before);
    assertEquals(await file.run().then(({ code }) => code), 0);
    assertEquals(file.files(), after);
  });
}

test("a portable file does not unpack again what was only touched", async (file) => {
  await file.run();
  const before = file.files();
  await Deno.utime(`${file.unpacked()}/main.js`, new Date(), new Date());
  await file.run();
  assertEquals(file.files(), before);
});

test("a portable file closes a directory that others could write to", async (file) => {
  await file.run();
  await Deno.chmod(file.unpacked(), 0o777);
  assertEquals((await file.run()).code, 0);
  assertEquals((await Deno.stat(file.unpacked())).mode! & 0o777, 0o700);
});

test("a portable file goes on where an unpacking was cut off", async (file) => {
  await file.run();
  const folder = file.unpacked();
  await Deno.remove(`${folder}.state`);
  await Deno.remove(`${folder}/main.js`);
  await Deno.mkdir(`${file.cache}/websocketd/new.abcdef`);
  await Deno.utime(`${file.cache}/websocketd/new.abcdef`, 0, 0);
  const { code, stderr } = await file.run();
  assertEquals([code, stderr], [0, ""]);
  // The rest of a start that was killed long ago is gone.
  assertEquals(file.unpacked(), folder);
});

test("portable files that start at once all start", async (file) => {
  const ended = await Promise.all(
    Array.from({ length: 12 }, (_, index) => file.run([String(index)])),
  );
  for (const [index, { code, stdout, stderr }] of ended.entries()) {
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, `program main\nword [${index}]\n`);
  }
  assertEquals(
    Object.keys(file.files()),
    ["main.js", "websocketd", "worker.js"],
  );
});

test("a portable file follows no link out of its cache", async (file) => {
  const elsewhere = file.scratch.file("elsewhere");
  await Deno.mkdir(elsewhere);
  await Deno.mkdir(file.cache);
  await Deno.symlink(elsewhere, `${file.cache}/websocketd`);
  assertEquals((await file.run()).code, 0);
  assertEquals(namesIn(elsewhere), []);
  file.unpacked(`${file.temporary}/websocketd-${Deno.uid()}`);
});

Deno.test({
  name: "a portable file runs nothing from a directory of another user",
  // Only root can give a directory away.
  ignore: WINDOWS || Deno.uid() !== 0,
  async fn(): Promise<void> {
    using file = await PortableFile.make();
    await file.run();
    const folder = file.unpacked();
    await Deno.writeTextFile(`${folder}/main.js`, "evil");
    await Deno.chown(`${file.cache}/websocketd`, 12345, 12345);
    const { code, stdout, stderr } = await file.run();
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "program main\n");
    file.unpacked(`${file.temporary}/websocketd-0`);
    // Neither from one inside a directory of its own.
    await Deno.chown(`${file.cache}/websocketd`, 0, 0);
    await Deno.chown(folder, 12345, 12345);
    await Deno.remove(`${file.temporary}/websocketd-0`, { recursive: true });
    assertStringIncludes((await file.run()).stdout, "program main\n");
    file.unpacked(`${file.temporary}/websocketd-0`);
  },
});

test("a portable file that is damaged starts nothing, says so, and leaves nothing", async (file) => {
  const { size } = await Deno.stat(file.path);
  await Deno.truncate(file.path, size - 20);
  const { code, stdout, stderr } = await file.run();
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(
    stderr,
    "Cannot start websocketd: it cannot be unpacked",
  );
  const left = [file.cache, file.temporary].flatMap((place) =>
    [...Deno.readDirSync(place)].flatMap((
      { name },
    ) => [...Deno.readDirSync(`${place}/${name}`)])
  );
  assertEquals(left, []);
});

test("a portable file says that it is for another machine", async (file) => {
  const bytes = await Deno.readFile(file.path);
  const text = new TextDecoder("latin1").decode(bytes);
  const at = /system='(\w+) /.exec(text)!.index + "system='".length;
  bytes[at] = "X".charCodeAt(0);
  await Deno.writeFile(file.path, bytes);
  const { code, stderr } = await file.run();
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^Cannot start websocketd: this file is for X\w+ \w+, and here is (Linux|Darwin) \w+\n$/,
  );
  assert(!await Deno.stat(file.cache).then(() => true, () => false));
});
