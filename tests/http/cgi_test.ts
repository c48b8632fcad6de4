import { assert, assertEquals, assertMatch } from "@std/assert";
import { CgiSite, NOT_FOUND } from "./cgi_site.ts";

/** Prints the environment, one variable a line. */
const ENV = "echo Content-Type: text/plain; echo; env";

function variables(text: string): Map<string, string> {
  return new Map(
    text.trimEnd().split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

Deno.test("cgi: a script's output is the answer, in shell, Perl and Python", async () => {
  await using site = new CgiSite({
    scripts: { "hello.cgi": "echo Content-Type: text/plain; echo; echo hello" },
  });
  site.script(
    "sub/hello.pl",
    '#!/usr/bin/env perl\nprint "Content-Type: text/html\\r\\n\\r\\n<p>$ENV{QUERY_STRING}";\n',
  );
  site.script(
    "sub/hello.py",
    '#!/usr/bin/env python3\nimport os\nprint("Content-Type: text/plain\\n")\nprint(os.environ["REQUEST_METHOD"])\n',
  );
  const hello = await site.fetch("/hello.cgi");
  assertEquals([hello.status, await hello.text()], [200, "hello\n"]);
  assertEquals(hello.headers.get("content-type"), "text/plain");
  assertEquals(await site.text("/sub/hello.pl?a=%20b"), "<p>a=%20b");
  assertEquals(await site.text("/sub/hello.py"), "GET\n");
  assertEquals(
    site.events.flatMap((event) =>
      event.type === "request" ? [[event.status, event.message]] : []
    ),
    [[200, "CGI"], [200, "CGI"], [200, "CGI"]],
  );
});

Deno.test("cgi: the environment is RFC 3875's", async () => {
  await using site = new CgiSite({ scripts: { "sub/env.cgi": ENV } });
  const url = "/sub/env.cgi/a%20b//c?x=%41&y";
  const env = variables(
    await site.text(url, {
      method: "PUT",
      body: "12345",
      headers: { "content-type": "a/b", "x-own": "1", "user-agent": "me" },
    }),
  );
  const host = `127.0.0.1:${site.port}`;
  const expected = {
    CONTENT_LENGTH: "5",
    CONTENT_TYPE: "a/b",
    GATEWAY_INTERFACE: "CGI/1.1",
    HTTP_HOST: host,
    HTTP_USER_AGENT: "me",
    HTTP_X_OWN: "1",
    PATH_INFO: "/a b//c",
    PATH_TRANSLATED: `${site.root}/a b//c`,
    QUERY_STRING: "x=%41&y",
    REMOTE_ADDR: "127.0.0.1",
    REMOTE_HOST: "127.0.0.1",
    REQUEST_METHOD: "PUT",
    REQUEST_URI: url,
    SCRIPT_FILENAME: `${site.root}/sub/env.cgi`,
    SCRIPT_NAME: "/sub/env.cgi",
    SERVER_NAME: "127.0.0.1",
    SERVER_PORT: String(site.port),
    SERVER_PROTOCOL: "HTTP/1.1",
    DIR: site.scratch.path,
  };
  for (const [name, value] of Object.entries(expected)) {
    assertEquals(env.get(name), value, name);
  }
  assertMatch(env.get("SERVER_SOFTWARE")!, /^websocketd\//);
  assertMatch(env.get("UNIQUE_ID")!, /^\d{28}$/);
  for (
    const name of [
      "HTTP_CONTENT_TYPE",
      "HTTP_CONTENT_LENGTH",
      "HTTP_CONNECTION",
      "HOME",
    ]
  ) assert(!env.has(name), name);
});

Deno.test("cgi: without a body and a rest of the path, the variables about them are empty", async () => {
  await using site = new CgiSite({ scripts: { "env.cgi": ENV } });
  const env = variables(await site.text("/env.cgi"));
  for (
    const name of [
      "CONTENT_LENGTH",
      "CONTENT_TYPE",
      "PATH_INFO",
      "PATH_TRANSLATED",
      "QUERY_STRING",
      "REMOTE_USER",
      "AUTH_TYPE",
    ]
  ) assertEquals(env.get(name), "", name);
});

Deno.test("cgi: no header of a client becomes a proxy, a passed variable or a length", async () => {
  await using site = new CgiSite({
    scripts: { "env.cgi": ENV },
    env: {
      passed: { PATH: Deno.env.get("PATH")!, HTTP_KEY: "own" },
      passNames: new Set(["PATH", "HTTP_KEY", "HTTP_UNSET"]),
      set: { SET: "1" },
    },
  });
  const { body } = await site.raw(
    "/env.cgi",
    "GET",
    "Proxy: evil\r\nKey: evil\r\nUnset: evil\r\nContent_Length: 9\r\nX_User: evil\r\nX-User: ada\r\nCookie: a=1\r\nCookie: b=2\r\nTE: x\r\n",
  );
  const env = variables(body);
  assert(!body.includes("evil"), body);
  assertEquals(env.get("HTTP_KEY"), "own");
  assertEquals(env.get("HTTP_X_USER"), "ada");
  assertEquals(env.get("HTTP_COOKIE"), "a=1; b=2");
  assertEquals(env.get("SET"), "1");
  assertEquals(env.get("CONTENT_LENGTH"), "");
  for (const name of ["HTTP_PROXY", "HTTP_UNSET", "HTTP_CONTENT_LENGTH"]) {
    assert(!env.has(name), name);
  }
});

Deno.test("cgi: a script runs in its own directory, and learns nothing from arguments", async () => {
  await using site = new CgiSite({
    scripts: { "sub/pwd.cgi": 'echo Status: 200; echo; pwd; echo "$0 $#"' },
  });
  assertEquals(
    await site.text("/sub/pwd.cgi?-s+x"),
    `${site.root}/sub\n${site.root}/sub/pwd.cgi 0\n`,
  );
});

Deno.test("cgi: Status, Location and several headers of one name reach the client, those of the connection do not", async () => {
  await using site = new CgiSite({
    scripts: {
      "teapot.cgi":
        "printf 'Status: 418 I am one\\nSet-Cookie: a=1\\nSet-Cookie: b=2\\nConnection: X-Hop\\nX-Hop: 1\\nTransfer-Encoding: gzip\\nContent-Type: a/b\\n\\nbody'",
      "away.cgi": "printf 'Location: https://example.com/x\\r\\n\\r\\n'",
      "moved.cgi": "printf 'Status: 301\\nLocation: /there\\n\\n'",
    },
  });
  const teapot = await site.fetch("/teapot.cgi");
  assertEquals([teapot.status, await teapot.text()], [418, "body"]);
  assertEquals(teapot.headers.getSetCookie(), ["a=1", "b=2"]);
  assertEquals(teapot.headers.get("x-hop"), null);
  const away = await site.fetch("/away.cgi");
  assertEquals([away.status, await away.text()], [302, ""]);
  assertEquals(away.headers.get("location"), "https://example.com/x");
  const moved = await site.fetch("/moved.cgi");
  assertEquals([moved.status, await moved.text()], [301, ""]);
  assertEquals(moved.headers.get("location"), "/there");
});

Deno.test("cgi: a Location of this server alone is answered here, also when there is one slot only", async () => {
  await using site = new CgiSite({
    maxForks: 1,
    scripts: {
      "send.cgi": 'echo "Location: $QUERY_STRING"; echo',
      "env.cgi": ENV,
    },
  });
  const env = variables(
    await site.text("/send.cgi?/env.cgi/x%20y?q=1", {
      method: "POST",
      body: "12345",
    }),
  );
  assertEquals(env.get("REQUEST_METHOD"), "GET");
  assertEquals(env.get("PATH_INFO"), "/x y");
  assertEquals(env.get("QUERY_STRING"), "q=1");
  assertEquals(env.get("CONTENT_LENGTH"), "");
  assertEquals(env.get("CONTENT_TYPE"), "");
  const nowhere = await site.fetch("/send.cgi?/../secret.txt");
  assertEquals(nowhere.status, 404);
  await nowhere.body?.cancel();
});

Deno.test("cgi: scripts may send a request on five times, not six", async () => {
  await using site = new CgiSite({
    scripts: {
      "send.cgi":
        'if [ "$QUERY_STRING" = "" ]; then echo Status: 200; echo; echo here; else echo "Location: /send.cgi?${QUERY_STRING#x}"; echo; fi',
    },
  });
  assertEquals(await site.text("/send.cgi?xxxxx"), "here\n");
  const circle = await site.fetch("/send.cgi?xxxxxx");
  assertEquals(circle.status, 500);
  assertMatch(await circle.text(), /they may go in circles/);
});

Deno.test("cgi: HEAD, 204 and 304 have no body, and the script finishes its work", async () => {
  await using site = new CgiSite({
    scripts: {
      "page.cgi":
        "echo Content-Type: a/b; echo Content-Length: 4; echo; sleep 0.2; echo abc; echo done >>$DIR/done",
      "empty.cgi":
        'echo "Status: $QUERY_STRING"; echo; echo abc; echo done >>$DIR/done',
    },
  });
  const head = await site.raw("/page.cgi", "HEAD");
  assertEquals([head.status, head.get("content-type")], [200, "a/b"]);
  assertEquals([head.get("content-length"), head.body], ["4", ""]);
  for (const status of [204, 304]) {
    const empty = await site.fetch(`/empty.cgi?${status}`);
    assertEquals([empty.status, await empty.text()], [status, ""]);
  }
  await site.idle();
  assertEquals(site.scratch.lines("done").length, 3);
});

Deno.test("cgi: a Content-Length of the script that is wrong never moves the end of the answer", async () => {
  await using site = new CgiSite({
    scripts: {
      "long.cgi": "printf 'Status: 200\\nContent-Length: 3\\n\\nabcdef'",
      "short.cgi": "printf 'Status: 200\\nContent-Length: 9\\n\\nabc'",
    },
  });
  assertEquals(await site.text("/long.cgi"), "abc");
  const short = await site.fetch("/short.cgi");
  const cut = await short.text().then(() => false, () => true);
  assert(cut, "The client was not told that something is missing");
});

Deno.test("cgi: output that is no answer is 500, with a sentence for the client and one for the log", async () => {
  await using site = new CgiSite({
    scripts: {
      "nothing.cgi": "exit 3",
      "killed.cgi": "kill -KILL $$",
      "plain.cgi": "echo hello",
      "cut.cgi": "printf 'Content-Type: a/b\\n'",
      "type.cgi": "echo X-Own: 1; echo; echo body",
      "inject.cgi":
        "printf 'Content-Type: a/b\\nX-A: 1\\rSet-Cookie: evil=1\\n\\n'",
      "status.cgi": "echo Status: 101; echo",
      "endless.cgi": "exec tr '\\000' x </dev/zero",
    },
  });
  for (
    const [path, problem] of [
      ["/nothing.cgi", /printed no headers .* \(exit 3\)/],
      ["/killed.cgi", /printed no headers .* \(signal SIGKILL\)/],
      ["/plain.cgi", /printed no headers .* \(exit 0\)/],
      ["/cut.cgi", /printed no headers/],
      ["/type.cgi", /none of the headers "Content-Type"/],
      ["/inject.cgi", /a control character in its header X-A/],
      ["/status.cgi", /"101" as its Status/],
      ["/endless.cgi", /more than 64 KiB of headers/],
    ] as const
  ) {
    site.events.length = 0;
    const answer = await site.fetch(path);
    const text = await answer.text();
    assertEquals([answer.status, answer.headers.get("set-cookie")], [
      500,
      null,
    ]);
    assertMatch(text, problem);
    assert(text.startsWith(`The CGI script "${path}" printed`), text);
    assert(!text.includes(site.root), text);
    assertEquals(site.problems.length, 1);
    assertMatch(site.problems[0], problem);
    assert(site.problems[0].includes(site.root + path));
  }
  await site.idle();
});

Deno.test("cgi: what cannot be started is 500 with the reason, and without the server's paths", async () => {
  await using site = new CgiSite();
  site.script("plain.cgi", "#!/bin/sh\n");
  await Deno.chmod(`${site.root}/plain.cgi`, 0o644);
  site.script("lost.cgi", "#!/no/such/shell\n");
  for (
    const [path, problem] of [
      ["/plain.cgi", "permission denied (chmod +x plain.cgi)"],
      ["/lost.cgi", 'its interpreter "/no/such/shell" does not exist'],
    ]
  ) {
    const answer = await site.fetch(path);
    const text = await answer.text();
    assertEquals(
      [answer.status, text],
      [500, `Cannot start ${JSON.stringify(path)}: ${problem}\n`],
    );
  }
  assertEquals(site.sessions.size, 0);
});

Deno.test("cgi: what the system refuses to start is 500, and the log says why", async () => {
  await using site = new CgiSite({
    scripts: { "env.cgi": ENV },
    // Linux takes 128 KiB.
    env: {
      passed: { LARGE: "x".repeat(200_000) },
      passNames: new Set(["LARGE"]),
      set: {},
    },
  });
  const answer = await site.fetch("/env.cgi");
  assertEquals(
    [answer.status, await answer.text()],
    [500, 'Cannot start "/env.cgi": the log of this server says why\n'],
  );
  assertEquals(site.problems, [
    `Cannot start "${site.root}/env.cgi": its arguments and environment are too long for the system`,
  ]);
  assertEquals(site.sessions.size, 0);
});

Deno.test("cgi: stderr goes to the log line by line, with what has no newline", async () => {
  await using site = new CgiSite({
    scripts: {
      "loud.cgi":
        "echo one >&2; echo Status: 200; echo; echo body; printf 'two\\nthree' >&2",
    },
  });
  assertEquals(await site.text("/loud.cgi"), "body\n");
  await site.idle();
  assertEquals(site.stderr, ["one", "two", "three"]);
});

Deno.test("cgi: what is not there is left to the next part of the server", async () => {
  await using site = new CgiSite({ scripts: { "sub/a.cgi": ENV } });
  for (const path of ["/", "/none", "/sub", "/sub/", "/sub//a.cgi"]) {
    assertEquals(await site.text(path), NOT_FOUND, path);
  }
  assertEquals(site.events, []);
});
