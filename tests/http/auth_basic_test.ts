import { assert, assertEquals, assertThrows } from "@std/assert";
import { OptionError } from "../../lib/errors.ts";
import { PasswordChecker } from "../../lib/http/auth/password_checker.ts";
import { eventually } from "../helpers/deadline.ts";
import { Scratch } from "../helpers/scratch.ts";
import { Auth, basic } from "./auth_attempt.ts";

// As htpasswd -nbB writes them.
const ADA = "ada:$2y$05$nd9PA3CfsDwtl5A0GqsCbu8Dqzikl0ifnFJAZ57HDm4BYcYnhJ8nG";
const BOB = "bob:$2y$05$TMIi45jWm9tvPn.TxhX/IOsoqI9z5V6k4Qvmej13ujOAuZaZyT5RC";
const ZOE = "zoë:$2y$05$RlrPZFk1zv6PrQtVGoeCy.sYH0IGqvSqEQts5aDW4Czq0uoKbfMqG";
/** Its password is the letter a, 72 times. */
const LONG =
  "long:$2y$05$DZB9Rr0AkNXbIsrswhAu8O/SunnPAmuLo9k.ieQ3oaQ1A7J0xBe/C";
/** Cost 12: some 300 ms of a processor. */
const SLOW =
  "slow:$2y$12$wNAuHTODqGK8g7nKFhibde3/aNMcjnSOeBY0nTxQyHu4RFmCNPzVq";
// As other programs write them.
const B = "b:$2b$05$S0/fPNVV5hyJPoQUdYZrjOlD88erkS8Jvh9w6vQnNdzGW0d7LZBPO";
const A = "a:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

/** An authenticator with an htpasswd file of these lines. */
function withUsers(scratch: Scratch, ...lines: readonly string[]): Auth {
  const path = scratch.file("users");
  Deno.writeTextFileSync(path, lines.join("\n") + "\n");
  return new Auth(`basic:${path}`);
}

Deno.test("basic: users of the file are admitted with their passwords, as Basic", async () => {
  using scratch = new Scratch();
  await using auth = withUsers(
    scratch,
    "# ours",
    "",
    ADA,
    BOB,
    ZOE,
    LONG,
    A,
    B,
  );
  for (
    const [user, password] of [
      ["ada", "secret"],
      ["bob", "with:colon:s"],
      ["zoë", "pässwörd ☃"],
      ["long", "a".repeat(72)],
      ["a", "U*U"],
      ["b", "secret"],
    ]
  ) {
    assertEquals(await auth.ask(basic(user, password)), {
      user,
      authType: "Basic",
    });
  }
  assertEquals(auth.problems, []);
});

Deno.test("basic: the scheme may be written in any case, with spaces around the rest", async () => {
  using scratch = new Scratch();
  await using auth = withUsers(scratch, ADA);
  const pair = btoa("ada:secret");
  for (const scheme of ["basic", "BASIC", "Basic", "Basic  "]) {
    assertEquals(
      await auth.user({ authorization: `${scheme} ${pair}` }),
      "ada",
    );
  }
});

Deno.test("basic: a file with lines that end in CRLF, a BOM and more columns is understood", async () => {
  using scratch = new Scratch();
  await using auth = withUsers(scratch, `\ufeff${ADA}\r`, `${BOB}:Bob:more\r`);
  assertEquals(await auth.user(basic("ada", "secret")), "ada");
  assertEquals(await auth.user(basic("bob", "with:colon:s")), "bob");
});

for (
  const [what, headers] of [
    ["no header", {}],
    ["a wrong password", basic("ada", "Secret")],
    ["an empty password", basic("ada", "")],
    ["a password with a NUL behind it", basic("ada", "secret\0")],
    ["a password with a line break behind it", basic("ada", "secret\n")],
    ["another's password", basic("bob", "secret")],
    ["an unknown user with a password of the file", basic("eve", "secret")],
    ["an empty user", basic("", "secret")],
    ["a user in another case", basic("Ada", "secret")],
    ["a comment as the user", basic("# ours", "")],
    ["__proto__", basic("__proto__", "secret")],
    ["no colon", { authorization: `Basic ${btoa("ada")}` }],
    ["no base64", { authorization: "Basic ada:secret" }],
    ["nothing", { authorization: "Basic " }],
    ["no scheme", { authorization: btoa("ada:secret") }],
    ["another scheme", { authorization: `Bearer ${btoa("ada:secret")}` }],
    ["a scheme that begins alike", {
      authorization: `Basically ${btoa("ada:secret")}`,
    }],
    ["Latin-1", { authorization: `Basic ${btoa("zo\xeb:p\xe4ss")}` }],
    ["two headers in one", {
      authorization: `Basic ${btoa("eve:no")}, Basic ${btoa("ada:secret")}`,
    }],
    ["the hash", basic("ada", ADA.slice(4))],
    ["a very long user", basic("a".repeat(100_000), "secret")],
  ] as readonly [string, Record<string, string>][]
) {
  Deno.test(`basic: ${what} is 401, with a challenge and a sentence`, async () => {
    using scratch = new Scratch();
    await using auth = withUsers(scratch, "# ours", ADA, BOB, ZOE);
    assertEquals(await auth.ask(headers), {
      status: 401,
      reason: "auth",
      message: "This server asks for a user name and a password",
      headers: [[
        "www-authenticate",
        'Basic realm="websocketd", charset="UTF-8"',
      ]],
    });
  });
}

Deno.test("basic: a password is taken up to 72 bytes; longer ones are refused with the reason", async () => {
  using scratch = new Scratch();
  await using auth = withUsers(scratch, LONG);
  assertEquals(await auth.user(basic("long", "a".repeat(72))), "long");
  const refusal = await auth.ask(basic("long", "a".repeat(73)));
  assert("message" in refusal);
  assertEquals(
    refusal.message,
    "The password is longer than the 72 bytes that bcrypt looks at: set a shorter one",
  );
  assertEquals(refusal.headers?.[0][0], "www-authenticate");
  // Bytes, not characters.
  assertEquals(
    (await auth.ask(basic("long", "ä".repeat(37))) as { message: string })
      .message,
    refusal.message,
  );
});

for (
  const [what, lines, sentence] of [
    [
      "no user",
      ["# nobody"],
      "it has no users: htpasswd -B FILE USER adds one",
    ],
    [
      "an MD5 hash",
      [ADA, "bob:$apr1$zNfaJUxb$UaOp2QG5LslC7OzylWQ8c/"],
      "line 2 has no bcrypt hash: write it with htpasswd -B FILE USER",
    ],
    [
      "a SHA-1 hash",
      ["#", "", "bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="],
      "line 3 has no bcrypt hash",
    ],
    ["a DES hash", ["bob:4htnene38HYIw"], "line 1 has no bcrypt hash"],
    ["a password", ["bob:secret"], "line 1 has no bcrypt hash"],
    ["no hash", ["bob:"], "line 1 has no bcrypt hash"],
    ["no colon", ["bob"], "line 1 has no bcrypt hash"],
    ["a hash cut short", [ADA.slice(0, -1)], "line 1 has no bcrypt hash"],
    ["$2x$", [ADA.replace("2y", "2x")], "line 1 has no bcrypt hash"],
    ["no user name", [ADA.slice(3)], "line 1 does not begin with USER:"],
    ["a user name too long", ["a".repeat(257) + BOB], "line 1 does not begin"],
    ["a user twice", [ADA, BOB, ADA], "line 3 names a user a second time"],
    [
      "a cost of 16",
      [ADA.replace("$05", "$16")],
      "line 1 has a bcrypt hash of cost 16, not 4 to 15: write it with htpasswd -B -C 10 FILE USER",
    ],
    ["a cost of 3", [ADA.replace("$05", "$03")], "line 1 has a bcrypt hash of"],
  ] as const
) {
  Deno.test(`basic: a file with ${what} is an error at the start that names the line`, () => {
    using scratch = new Scratch();
    const error = assertThrows(
      () => withUsers(scratch, ...lines),
      OptionError,
      `Cannot use "${scratch.file("users")}" for --auth=basic: ${sentence}`,
    );
    assert(!error.message.includes("secret") && !error.message.includes("$2"));
  });
}

Deno.test("basic: costs from 4 to 15 are understood", async () => {
  using scratch = new Scratch();
  await using auth = withUsers(
    scratch,
    ADA.replace("$05", "$04"),
    BOB.replace("$05", "$15"),
  );
  assertEquals(await auth.user(basic("ada", "secret")), 401);
});

Deno.test("basic: a file that is none is an error at the start", () => {
  using scratch = new Scratch();
  for (
    const [path, why] of [
      [scratch.file("none"), "no such file"],
      [scratch.path, "it is not a file"],
      ["/dev/zero", "it is not a file"],
    ]
  ) {
    assertThrows(
      () => new Auth(`basic:${path}`),
      OptionError,
      `Cannot use "${path}" for --auth=basic: ${why}`,
    );
  }
});

Deno.test("basic: the file counts as it is now, and a version that cannot be used is reported once", async () => {
  using scratch = new Scratch();
  await using auth = withUsers(scratch, ADA);
  const path = scratch.file("users");
  const ada = basic("ada", "secret");
  const bob = basic("bob", "with:colon:s");
  assertEquals([await auth.user(ada), await auth.user(bob)], ["ada", 401]);

  await Deno.writeTextFile(path, `${ADA}\n${BOB}\n`);
  assertEquals([await auth.user(ada), await auth.user(bob)], ["ada", "bob"]);

  await Deno.writeTextFile(path, `${ADA}\nbob:secret\n`);
  assertEquals([await auth.user(ada), await auth.user(bob)], ["ada", "bob"]);
  const report =
    `Cannot use the new "${path}" for --auth=basic: line 2 has no bcrypt hash: write it with htpasswd -B FILE USER; what was in it before still counts`;
  assertEquals(auth.problems, [report]);

  await Deno.remove(path);
  assertEquals([await auth.user(ada), await auth.user(bob)], ["ada", "bob"]);
  assertEquals(auth.problems, [
    report,
    `Cannot use the new "${path}" for --auth=basic: no such file; what was in it before still counts`,
  ]);

  // A password that was right is not any more, although it is remembered.
  await Deno.writeTextFile(path, `${ADA.replace("8nG", "8nH")}\n${BOB}\n`);
  assertEquals([await auth.user(ada), await auth.user(bob)], [401, "bob"]);
  await Deno.writeTextFile(scratch.file("next"), `${ADA}\n`);
  await Deno.rename(scratch.file("next"), path);
  assertEquals([await auth.user(ada), await auth.user(bob)], ["ada", 401]);
  assertEquals(auth.problems.length, 2);
});

Deno.test("basic: a file that every user of the machine can change is reported, one they can read is not", async () => {
  using scratch = new Scratch();
  const path = scratch.file("users");
  await Deno.writeTextFile(path, ADA);
  await Deno.chmod(path, 0o644);
  await using readable = new Auth(`basic:${path}`);
  assertEquals(readable.problems, []);
  await Deno.chmod(path, 0o666);
  await using writable = new Auth(`basic:${path}`);
  assertEquals(writable.problems, [
    `Every user of this machine can change "${path}" (--auth=basic): chmod o-rw "${path}"`,
  ]);
});

Deno.test("basic: any of several files admits", async () => {
  using scratch = new Scratch();
  await Deno.writeTextFile(scratch.file("one"), ADA);
  await Deno.writeTextFile(scratch.file("two"), BOB);
  await using auth = new Auth(
    `basic:${scratch.file("one")}`,
    `basic:${scratch.file("two")}`,
  );
  assertEquals(await auth.user(basic("ada", "secret")), "ada");
  assertEquals(await auth.user(basic("bob", "with:colon:s")), "bob");
  assertEquals(await auth.user(basic("bob", "secret")), 401);
});

Deno.test("basic: programs and logs see no Authorization", async () => {
  using scratch = new Scratch();
  await using auth = withUsers(scratch, ADA);
  const headers = { ...basic("ada", "secret"), "x-other": "1" };
  assertEquals(auth.clean(headers, { target: "/a?token=b" }), {
    target: "/a?token=b",
    headers: { host: "localhost:8080", "x-other": "1" },
  });
});

/** How long something takes, in milliseconds. */
async function timeOf(something: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await something();
  return performance.now() - begin;
}

Deno.test("basic: an unknown user takes as long as a wrong password, and a right one is not computed twice", async () => {
  using scratch = new Scratch();
  await using auth = withUsers(scratch, SLOW);
  // The first one starts the worker.
  const first = await timeOf(() => auth.user(basic("slow", "first")));
  const wrong = await timeOf(() => auth.user(basic("slow", "wrong")));
  const unknown = await timeOf(() => auth.user(basic("eve", "wrong, too")));
  assert(unknown > wrong / 3, `${unknown} ms, not ${wrong} ms (${first})`);

  const right = await timeOf(() => auth.user(basic("slow", "secret")));
  const again = await timeOf(async () => {
    for (let i = 0; i < 10; i++) {
      assertEquals(await auth.user(basic("slow", "secret")), "slow");
    }
  });
  assert(again < right, `${again} ms for ten, ${right} ms for one`);
  const wrongAgain = await timeOf(() => auth.user(basic("slow", "wrong")));
  assert(wrongAgain > wrong / 3, `${wrongAgain} ms, not ${wrong} ms`);
});

Deno.test("basic: the server goes on while a password is compared", async () => {
  using scratch = new Scratch();
  await using auth = withUsers(scratch, SLOW);
  let turns = 0;
  let isComparing = true;
  const comparing = auth.user(basic("slow", "wrong"))
    .finally(() => isComparing = false);
  await eventually(() => {
    turns++;
    return !isComparing;
  }, "the comparison to end");
  assertEquals(await comparing, 401);
  assert(turns > 8, `${turns} turns of the event loop`);
});

Deno.test("basic: one address may have 16 passwords compared or waiting, the next gets 429; others are not held up", async () => {
  using scratch = new Scratch();
  await using auth = withUsers(scratch, SLOW, ADA);
  const guesses = Array.from(
    { length: 17 },
    (_, i) => auth.ask(basic("ada", `guess ${i}`)),
  );
  const refusal = await guesses[16];
  assert("message" in refusal);
  assertEquals([refusal.status, refusal.reason], [429, "auth"]);
  assertEquals(refusal.headers, [["retry-after", "1"]]);
  assertEquals(
    await auth.user(basic("ada", "secret"), {
      visitor: { hostname: "127.0.0.2" },
    }),
    "ada",
  );
  const results = await Promise.all(guesses);
  assertEquals(
    results.filter((result) => "status" in result && result.status === 401)
      .length,
    16,
  );
  // That many wrong ones have a consequence of their own.
  assertEquals(await auth.user(basic("ada", "secret")), 429);
});

Deno.test("basic: requests that come together with one password are one comparison", async () => {
  using scratch = new Scratch();
  await using auth = withUsers(scratch, ADA);
  const users = await Promise.all(
    Array.from({ length: 100 }, () => auth.user(basic("ada", "secret"))),
  );
  assertEquals(new Set(users), new Set(["ada"]));
});

Deno.test("PasswordChecker remembers a thousand passwords, not more", async () => {
  let calls = 0;
  const checker = new PasswordChecker({
    compare: () => Promise.resolve(++calls > 0),
    close: () => Promise.resolve(),
  });
  for (let i = 0; i < 1001; i++) {
    assertEquals(await checker.isRight(`${i}`, "hash", "::1"), true);
  }
  assertEquals(await checker.isRight("1", "hash", "::1"), true);
  assertEquals(calls, 1001);
  assertEquals(await checker.isRight("0", "hash", "::1"), true);
  assertEquals(calls, 1002);
});

Deno.test("basic: closing in the middle of a comparison ends it, and nobody is admitted any more", async () => {
  using scratch = new Scratch();
  const auth = withUsers(scratch, SLOW);
  const first = auth.user(basic("slow", "secret"));
  const second = auth.user(basic("slow", "other"));
  await auth[Symbol.asyncDispose]();
  assertEquals([await first, await second], [401, 401]);
  assertEquals(await auth.user(basic("slow", "secret")), 401);
});
