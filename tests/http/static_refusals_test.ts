import { assert, assertEquals } from "@std/assert";
import { RawClient } from "../helpers/raw_client.ts";
import { pause } from "../helpers/deadline.ts";
import { NOT_FOUND, StaticSite } from "./static_site.ts";

/** A site that has what every trick is after: it lies beside `site/`, and within it. */
function startSite(): StaticSite {
  return new StaticSite({
    files: {
      "index.html": "page",
      "dir/index.html": "page",
      "dir/a.txt": "text",
      ".env": "the secret",
      ".git/config": "the secret",
      "dir/.htpasswd": "the secret",
      "dir/.well-known/a.txt": "the secret",
      ".well-known/security.txt": "Contact",
      ".well-known/.hidden": "the secret",
      "%2e%2e": "a strange name",
      "a;b": "semicolon",
    },
    links: {
      "out.txt": "../secret.txt",
      "up": "..",
      "dir/root": "/",
      "passwd": "/etc/passwd",
      "zero": "/dev/zero",
      "dangling": "nothing",
      "loop": "loop",
      "dir/back": "../dir",
      "alias.txt": "dir/a.txt",
    },
    listing: true,
  });
}

const OPTIONS = { ignore: Deno.build.os === "windows" };

for (
  const path of [
    // Out of the directory.
    "/../secret.txt",
    "/dir/../../secret.txt",
    "/dir/../index.html",
    "/..",
    "/./index.html",
    "/dir/.",
    "/dir/..",
    "/.%2e/secret.txt",
    "/%2e%2e/secret.txt",
    "/%2E%2E/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/..%2fsecret.txt",
    "/dir%2fa.txt",
    "/%2fetc/passwd",
    "/%2f%2fetc%2fpasswd",
    "//etc/passwd",
    "///etc/passwd",
    "//dir/a.txt",
    "/dir//a.txt",
    "/..%5csecret.txt",
    "/%5c..%5csecret.txt",
    "/dir%5ca.txt",
    "/%5c%5cevil%5cshare",
    "/..\\secret.txt",
    "/\\evil",
    "/\\..\\secret.txt",
    "/..;/secret.txt",
    "/..;x=1/secret.txt",
    "/;/../secret.txt",
    "/....//secret.txt",
    "/.../secret.txt",
    // Decoded twice, these would be out.
    "/%252e%252e/secret.txt",
    "/%252e%252e%252fsecret.txt",
    "/dir%252fa.txt",
    // Overlong UTF-8, and what else is not UTF-8.
    "/%c0%ae%c0%ae/secret.txt",
    "/%e0%80%ae%e0%80%ae/secret.txt",
    "/..%c0%afsecret.txt",
    "/%uff0e%uff0e/secret.txt",
    "/%ff",
    "/%",
    "/%zz",
    "/%2",
    // The end of a name, for C.
    "/%00",
    "/index.html%00",
    "/index.html%00.png",
    "/%00/../secret.txt",
    // Links.
    "/out.txt",
    "/up",
    "/up/",
    "/up/secret.txt",
    "/dir/root/etc/passwd",
    "/dir/root/",
    "/passwd",
    "/zero",
    "/dangling",
    "/loop",
    "/loop/",
    // Files that hide.
    "/.env",
    "/%2eenv",
    "/%2Eenv",
    "/.git/config",
    "/.git/",
    "/.git",
    "/dir/.htpasswd",
    "/dir/back/.htpasswd",
    "/dir/.well-known/a.txt",
    "/.well-known/.hidden",
    "/.well-known/../.env",
    // A file is no directory.
    "/index.html/",
    "/index.html/x",
    "/index.html/../index.html",
    "/dir/a.txt/",
    // Other names of files.
    "/index.html.",
    "/index.html%20",
    "/index.html::$DATA",
    "/index.html~",
    "/dir/a.txt;",
    // Names that are none.
    `/${"x".repeat(256)}`,
    `/${"x".repeat(5000)}`,
    `/${"dir/back/".repeat(500)}`,
    `/${"../".repeat(100)}secret.txt`,
  ]
) {
  const shown = path.length > 60 ? `${path.slice(0, 20)}…` : path;
  Deno.test(`${shown} is not found`, OPTIONS, async () => {
    await using site = startSite();
    for (const method of ["GET", "HEAD", "POST"]) {
      using client = await RawClient.connect(site.port);
      await client.write(
        `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      const head = await client.head();
      assertEquals(head.status, 404);
      assertEquals(await client.rest(), method === "HEAD" ? "" : NOT_FOUND);
    }
  });
}

for (
  const [path, body] of [
    ["/", "page"],
    ["/dir/back/a.txt", "text"],
    ["/dir/back/back/back/a.txt", "text"],
    ["/alias.txt", "text"],
    ["/%61lias.txt", "text"],
    ["/.well-known/security.txt", "Contact"],
    ["/%2ewell-known/security.txt", "Contact"],
    ["/%252e%252e", "a strange name"],
    ["/a;b", "semicolon"],
    ["/a%3Bb", "semicolon"],
    ["/dir/a.txt?../../secret.txt", "text"],
    ["/dir/a.txt?%00", "text"],
    ["http://localhost/dir/a.txt", "text"],
  ]
) {
  Deno.test(`${path} is no trick`, OPTIONS, async () => {
    await using site = startSite();
    const answer = await site.raw(path);
    assertEquals([answer.status, answer.body], [200, body]);
  });
}

for (const target of ["*", "secret.txt", "../secret.txt", "/a\0b", "/a\tb"]) {
  Deno.test(
    `${JSON.stringify(target)} is no path, and gets nothing`,
    OPTIONS,
    async () => {
      await using site = startSite();
      const answer = await site.raw(target);
      assert(answer.status === 400 || answer.status === 404, answer.line);
      assert(!answer.body.includes("secret"));
    },
  );
}

for (
  const target of [
    "/../../../../../../../../etc/passwd",
    "/../secret.txt",
    "localhost:80",
    "/etc/passwd",
  ]
) {
  Deno.test(`CONNECT ${target} gets nothing`, OPTIONS, async () => {
    await using site = startSite();
    const answer = await site.raw(target, "CONNECT");
    assert([400, 404, 405].includes(answer.status), answer.line);
    assert(!/secret|root:/.test(answer.body));
  });
}

Deno.test("a pipe is not found, and never opened", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using site = startSite();
  const path = site.file("pipe.txt");
  const made = await new Deno.Command("mkfifo", { args: [path] }).output();
  assert(made.success);
  for (const method of ["GET", "HEAD", "POST"]) {
    const response = await site.fetch("/pipe.txt", {}, method);
    assertEquals(response.status, 404);
    await response.text();
  }
  // A writer waits for a reader: none has come, so it is still waiting.
  const writer = new Deno.Command("sh", {
    args: ["-c", `exec 3>"$0" && echo opened`, path],
    stdout: "piped",
  }).spawn();
  const reader = writer.stdout.getReader();
  const opened = reader.read().then(({ done }) => !done);
  try {
    assertEquals((await site.fetch("/pipe.txt", {}, "HEAD")).status, 404);
    assertEquals(await Promise.race([opened, pause(200)]), undefined);
  } finally {
    writer.kill("SIGKILL");
    await writer.status;
    assertEquals(await opened, false);
    await reader.cancel();
  }
});

Deno.test("a unix socket is not found", OPTIONS, async () => {
  await using site = startSite();
  using _listener = Deno.listen({
    transport: "unix",
    path: site.file("socket"),
  });
  assertEquals((await site.raw("/socket")).status, 404);
});

Deno.test("a directory is not listed unless that is asked for", async () => {
  await using site = new StaticSite({ files: { "dir/a.txt": "text" } });
  for (const path of ["/", "/dir/", "/dir"]) {
    assertEquals((await site.raw(path)).status, 404);
  }
});
