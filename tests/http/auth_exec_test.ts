import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { OptionError } from "../../lib/errors.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { allGone, isRunning } from "../helpers/processes.ts";
import { Scratch } from "../helpers/scratch.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";
import { Auth, basic } from "./auth_attempt.ts";

/** An authenticator that asks a shell script. `$DIR` in it is the scratch directory. */
function withScript(scratch: Scratch, script: string): Auth {
  const path = scratch.script(
    "decide",
    `#!/bin/sh\nDIR='${scratch.path}'\n${script}\n`,
  );
  return new Auth(`exec:${path}`);
}

/** The processes that a script has written down. */
function pidsIn(scratch: Scratch): number[] {
  return scratch.lines("pids").map(Number);
}

Deno.test("exec: exit 0 admits, and the first line of the output is the user", async () => {
  using scratch = new Scratch();
  for (
    const [script, user] of [
      ["echo ada", "ada"],
      ["printf ada", "ada"],
      [String.raw`printf '  zoë ☃\t\r\n'`, "zoë ☃"],
      ["echo ada; echo eve; echo '{}'", "ada"],
      ["echo; echo eve", ""],
      ["exit 0", ""],
      ["echo ada; exec >&-; sleep 0.1", "ada"],
      [String.raw`printf a; sleep 0.1; printf 'da\nx'`, "ada"],
      ["head -c 256 /dev/zero | tr '\\0' a", "a".repeat(256)],
    ]
  ) {
    await using auth = withScript(scratch, script);
    assertEquals(await auth.ask({}), { user, authType: "Exec" }, script);
    assertEquals(auth.problems, []);
  }
});

for (
  const script of [
    "exit 1",
    "echo ada; exit 3",
    "echo ada; kill -9 $$",
    "echo ada; exit 255",
  ]
) {
  Deno.test(`exec: ${JSON.stringify(script)} is 401, with a challenge and a sentence`, async () => {
    using scratch = new Scratch();
    await using auth = withScript(scratch, script);
    assertEquals(await auth.ask({}), {
      status: 401,
      reason: "auth",
      message:
        "This server asks for what its own program for logins admits (--auth=exec)",
      headers: [[
        "www-authenticate",
        'Basic realm="websocketd", charset="UTF-8"',
      ]],
    });
    assertEquals(auth.problems, []);
  });
}

Deno.test("exec: the program gets CGI variables, an id of its own and an empty stdin", async () => {
  using scratch = new Scratch();
  await using auth = withScript(
    scratch,
    'echo "$UNIQUE_ID" >>"$DIR/ids"; read line; echo "$? $QUERY_STRING $HTTP_AUTHORIZATION $HTTP_COOKIE"',
  );
  const headers = { ...basic("ada", "secret"), cookie: "a=b" };
  for (let turn = 0; turn < 2; turn++) {
    assertEquals(
      await auth.user(headers, { target: "/x?token=1&b=2" }),
      `1 token=1&b=2 ${headers.authorization} a=b`,
    );
  }
  const [one, other] = scratch.lines("ids");
  assertMatch(one, /^\d{28}$/);
  assert(one !== other);
});

Deno.test("exec: the program sees no token of the server's own, and no header that no proxy has sent", async () => {
  using scratch = new Scratch();
  const path = scratch.script(
    "decide",
    '#!/bin/sh\necho "$QUERY_STRING,$HTTP_COOKIE,$HTTP_X_USER,$HTTP_AUTHORIZATION,$HTTP_SEC_WEBSOCKET_PROTOCOL"\n',
  );
  await using auth = new Auth(`exec:${path}`, "token", "header:X-User");
  assertEquals(
    await auth.user({
      authorization: "Bearer mine",
      cookie: "websocketd_token_8080=x; a=b",
      "x-user": "root",
      "sec-websocket-protocol": "bearer.x, chat",
    }, { target: "/?token=x&y" }),
    "y,a=b,,Bearer mine,chat",
  );
});

Deno.test("exec: a token that a page sends as its subprotocol is for the program that decides only, and is sent back", async () => {
  using scratch = new Scratch();
  await using auth = withScript(scratch, 'echo "$HTTP_SEC_WEBSOCKET_PROTOCOL"');
  const headers = {
    "sec-websocket-protocol": "bearer.x",
    authorization: "Bearer y",
  };
  assertEquals(await auth.user(headers), "bearer.x");
  assertEquals(auth.clean(headers).headers, { host: "localhost:8080" });
  assertEquals(
    auth.authenticator.fallbackProtocol(new Headers(headers)),
    "bearer.x",
  );
});

Deno.test("exec: headers with shell code are data to the program", async () => {
  using scratch = new Scratch();
  await using auth = withScript(scratch, 'echo "$HTTP_X_EVIL"');
  const evil = "() { :; }; touch pwned; $(touch pwned) `touch pwned`";
  assertEquals(await auth.user({ "x-evil": evil }), evil);
});

for (
  const [what, script] of [
    ["a control character", String.raw`printf 'a\033[31m\n'`],
    ["a control character of Latin-1", String.raw`printf 'a\302\233m\n'`],
    ["a NUL", String.raw`printf 'a\0b\n'`],
    ["what is not UTF-8", String.raw`printf 'zo\353\n'`],
    ["257 characters", "head -c 257 /dev/zero | tr '\\0' a"],
    ["a very long line", "head -c 60000 /dev/zero | tr '\\0' a; echo"],
  ]
) {
  Deno.test(`exec: ${what} as the user admits nobody, and is reported`, async () => {
    using scratch = new Scratch();
    await using auth = withScript(scratch, script);
    assertEquals(await auth.user({}), 401);
    assertEquals(auth.problems, [
      `"${
        scratch.file("decide")
      }" (--auth=exec) printed what cannot be a user name: at most 256 characters of UTF-8, no control characters`,
    ]);
  });
}

Deno.test("exec: stderr goes to the log, a hundred lines of it", async () => {
  using scratch = new Scratch();
  await using auth = withScript(
    scratch,
    'i=0; while [ $i -lt "$(cat "$DIR/count")" ]; do echo "line $i" >&2; i=$((i+1)); done; printf last >&2; echo ada',
  );
  const prefix = `"${scratch.file("decide")}" (--auth=exec) says: `;
  await Deno.writeTextFile(scratch.file("count"), "99\n");
  assertEquals(await auth.user({}), "ada");
  assertEquals(
    auth.problems,
    Array.from(
      { length: 100 },
      (_, i) => `${prefix}${i === 99 ? "last" : `line ${i}`}`,
    ),
  );
  auth.problems.length = 0;
  await Deno.writeTextFile(scratch.file("count"), "100\n");
  assertEquals(await auth.user({}), "ada");
  assertEquals(auth.problems.length, 101);
  assertEquals(auth.problems[100], `${prefix}… (lines left out: 1)`);
});

for (const stream of ["", " >&2"]) {
  Deno.test(`exec: 65536 bytes on std${stream === "" ? "out" : "err"} are fine, one more is not`, async () => {
    using scratch = new Scratch();
    await using auth = withScript(
      scratch,
      `read size <"$DIR/size"; echo ada; head -c "$size" /dev/zero${stream}`,
    );
    await Deno.writeTextFile(scratch.file("size"), `${65536 - 4}\n`);
    assertEquals(await auth.user({}), "ada");
    await Deno.writeTextFile(scratch.file("size"), `${65536 - 3}\n`);
    assertEquals(await auth.user({}), 401);
    assertEquals(
      auth.problems.at(-1),
      `"${scratch.file("decide")}" (--auth=exec) printed more than 65536 bytes`,
    );
  });

  Deno.test(`exec: a program that floods std${stream === "" ? "out" : "err"} is ended, and admits nobody`, async () => {
    using scratch = new Scratch();
    await using auth = withScript(
      scratch,
      `trap '' INT TERM; echo $$ >"$DIR/pids"; yes${stream}`,
    );
    const watch = new Stopwatch();
    assertEquals(await auth.user({}), 401);
    // It has not waited for the time limit.
    const { ms } = watch;
    assert(ms < 4500, `${ms} ms`);
    assertEquals(
      auth.problems.at(-1),
      `"${scratch.file("decide")}" (--auth=exec) printed more than 65536 bytes`,
    );
    await allGone(pidsIn(scratch));
  });
}

Deno.test("exec: a program that hangs admits nobody after 5 s, and is ended with all it has started", async () => {
  using scratch = new Scratch();
  await using auth = withScript(
    scratch,
    `trap '' INT TERM; sleep 600 & echo $! >>"$DIR/pids"; echo $$ >>"$DIR/pids"; echo ada; wait; sleep 600`,
  );
  const watch = new Stopwatch();
  assertEquals(await auth.user({}), 401);
  const { wallMs, ms } = watch;
  assert(wallMs > 4900 && ms < 10_000, `${wallMs} ms`);
  assertEquals(auth.problems, [
    `"${scratch.file("decide")}" (--auth=exec) did not end within 5 s`,
  ]);
  assertEquals(pidsIn(scratch).length, 2);
  await allGone(pidsIn(scratch));
});

Deno.test("exec: what a program leaves behind does not hold up the answer, and is ended", async () => {
  using scratch = new Scratch();
  await using auth = withScript(
    scratch,
    `sleep 600 & echo $! >>"$DIR/pids"; setsid sleep 600 & echo $! >>"$DIR/pids"; echo ada`,
  );
  const watch = new Stopwatch();
  assertEquals(await auth.user({}), "ada");
  const { ms } = watch;
  assert(ms < 4000, `${ms} ms`);
  assertEquals(pidsIn(scratch).length, 2);
  await allGone(pidsIn(scratch));
});

Deno.test("exec: a client that leaves ends its program", async () => {
  using scratch = new Scratch();
  await using auth = withScript(
    scratch,
    'echo $$ >>"$DIR/pids"; exec sleep 600',
  );
  const leaving = new AbortController();
  const asking = auth.ask({}, { signal: leaving.signal });
  await eventually(() => pidsIn(scratch).length === 1, "the program to start");
  leaving.abort();
  const result = await asking;
  assert("status" in result && result.status === 401);
  await allGone(pidsIn(scratch));
  assertEquals(auth.problems, []);
  // For one who has left already, nothing is started.
  assertEquals(await auth.user({}, { signal: leaving.signal }), 401);
  assertEquals(pidsIn(scratch).length, 1);
});

Deno.test("exec: closing ends programs at once, and starts none any more", async () => {
  using scratch = new Scratch();
  const auth = withScript(
    scratch,
    `trap '' INT TERM; echo $$ >>"$DIR/pids"; while :; do sleep 600; done`,
  );
  const asking = Array.from({ length: 3 }, () => auth.user({}));
  await eventually(() => pidsIn(scratch).length === 3, "three programs");
  const watch = new Stopwatch();
  await auth[Symbol.asyncDispose]();
  const { ms } = watch;
  assertEquals(pidsIn(scratch).filter(isRunning), []);
  assert(ms < 3000, `${ms} ms`);
  assertEquals(await Promise.all(asking), [401, 401, 401]);
  assertEquals(await auth.user({}), 401);
  assertEquals(pidsIn(scratch).length, 3);
});

Deno.test("exec: 8 programs run at once, 8 more of one address wait, the next gets 429", async () => {
  using scratch = new Scratch();
  await using auth = withScript(
    scratch,
    'echo $$ >>"$DIR/pids"; while [ ! -e "$DIR/go" ]; do sleep 0.05; done; echo ada',
  );
  const asking = Array.from({ length: 16 }, () => auth.user({}));
  assertEquals(await auth.user({}), 429);
  await eventually(() => pidsIn(scratch).length === 8, "eight programs");
  const other = auth.user({}, { visitor: { hostname: "127.0.0.2" } });
  await Deno.writeTextFile(scratch.file("go"), "");
  const users = await within(Promise.all([...asking, other]), "17 answers");
  assertEquals(new Set(users), new Set(["ada"]));
  assertEquals(pidsIn(scratch).length, 17);
  // Their turns have been given back.
  await eventually(
    async () => await auth.user({}) === "ada",
    "a turn for one more",
  );
});

Deno.test("exec: a program that does not exist, or cannot be run, is an error at the start", () => {
  using scratch = new Scratch();
  Deno.writeTextFileSync(scratch.file("plain"), "");
  for (
    const [path, why] of [
      [scratch.file("none"), "no such file"],
      [scratch.file("plain"), "permission denied (chmod +x"],
      [scratch.path, "it is a directory"],
      ["no-such-program-anywhere", "no such program in PATH"],
    ]
  ) {
    assertThrows(
      () => new Auth(`exec:${path}`),
      OptionError,
      `Cannot start "${path}": ${why}`,
    );
  }
});

Deno.test("exec: a program that is gone later admits nobody, and is reported", async () => {
  using scratch = new Scratch();
  await using auth = withScript(scratch, "echo ada");
  await Deno.remove(scratch.file("decide"));
  assertEquals(await auth.user({}), 401);
  assertEquals(auth.problems, [
    `Cannot start "${scratch.file("decide")}": no such file (--auth=exec)`,
  ]);
});

Deno.test("exec: headers too large for an environment admit nobody, and are reported", async () => {
  using scratch = new Scratch();
  await using auth = withScript(scratch, "echo ada");
  assertEquals(await auth.user({ "x-large": "x".repeat(1 << 20) }), 401);
  assertEquals(auth.problems.length, 1);
  assertMatch(auth.problems[0], /^Cannot start .* too long for the system/);
});

Deno.test("exec: cheaper ways come first, and any one admits", async () => {
  using scratch = new Scratch();
  const users = scratch.file("users");
  await Deno.writeTextFile(
    users,
    "ada:$2y$05$nd9PA3CfsDwtl5A0GqsCbu8Dqzikl0ifnFJAZ57HDm4BYcYnhJ8nG\n",
  );
  const path = scratch.script(
    "decide",
    `#!/bin/sh\necho x >>'${scratch.path}/runs'\n[ -n "$HTTP_X_LET_ME_IN" ] && echo eve\n`,
  );
  await using auth = new Auth(`exec:${path}`, `basic:${users}`, "token");
  const link = auth.authenticator.link("http://localhost/")!;
  const token = new URL(link).searchParams.get("token");
  assertEquals(await auth.user({ authorization: `Bearer ${token}` }), "token");
  assertEquals(await auth.user(basic("ada", "secret")), "ada");
  assertEquals(scratch.lines("runs").length, 0);
  // What basic: refuses with a reason of its own, the program may admit.
  const long = basic("ada", "a".repeat(73));
  assertEquals(await auth.user({ ...long, "x-let-me-in": "1" }), "eve");
  const refusal = await auth.ask(long);
  assert("message" in refusal);
  assertMatch(refusal.message, /^The password is longer/);
  assertEquals(refusal.headers, [
    ["www-authenticate", 'Bearer realm="websocketd"'],
    ["www-authenticate", 'Basic realm="websocketd", charset="UTF-8"'],
  ]);
  assertEquals(scratch.lines("runs").length, 2);
});
