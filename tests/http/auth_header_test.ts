import { assert, assertEquals, assertThrows } from "@std/assert";
import { OptionError } from "../../lib/errors.ts";
import { Authenticator } from "../../lib/http/auth/authenticator.ts";
import { Auth } from "./auth_attempt.ts";

const PROXIED = { visitor: { isProxied: true } };

/** UTF-8 as the runtime shows it in a header: a character for each byte. */
function asHeader(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

Deno.test("header: a trusted proxy's word is believed, in any case of the header's name", async () => {
  await using auth = new Auth("header:X-Remote-User");
  for (
    const [value, user] of [
      ["ada", "ada"],
      ["  ada  ", "ada"],
      ["ada lovelace, countess", "ada lovelace, countess"],
      [asHeader("zoë ☃"), "zoë ☃"],
      ["a".repeat(256), "a".repeat(256)],
    ]
  ) {
    assertEquals(await auth.ask({ "x-remote-user": value }, PROXIED), {
      user,
      authType: "Proxy",
    });
  }
});

for (
  const [what, headers, options] of [
    ["from anybody else", { "x-remote-user": "ada" }, {}],
    ["that is missing", {}, PROXIED],
    ["that is empty", { "x-remote-user": "" }, PROXIED],
    ["that is blank", { "x-remote-user": " \t " }, PROXIED],
    ["with an underscore", { "x_remote_user": "ada" }, PROXIED],
    ["that is too long", { "x-remote-user": "a".repeat(257) }, PROXIED],
    ["with a control character", { "x-remote-user": "a\x1b[1m" }, PROXIED],
    [
      "with C1 control characters",
      { "x-remote-user": asHeader("a\u009bm") },
      PROXIED,
    ],
    [
      "with a line separator",
      { "x-remote-user": asHeader("a\u2028b") },
      PROXIED,
    ],
    ["that is not UTF-8", { "x-remote-user": "zo\xeb" }, PROXIED],
    ["of another name", { "remote-user": "ada" }, PROXIED],
  ] as readonly [string, Record<string, string>, object][]
) {
  Deno.test(`header: one ${what} admits nobody`, async () => {
    await using auth = new Auth("header:X-Remote-User");
    assertEquals(await auth.ask(headers, options), {
      status: 401,
      reason: "auth",
      message:
        "This server asks for a login at the proxy in front of it (--trustproxy)",
      headers: [],
    });
  });
}

Deno.test("header: programs see it from a trusted proxy only, and never what would be the same variable", async () => {
  await using auth = new Auth("header:X-Remote-User");
  const headers = {
    "x-remote-user": "ada",
    "x_remote_user": "eve",
    "x-remote_user": "eve",
    "x-remote-users": "1",
    "authorization": "Basic eA==",
  };
  assertEquals(auth.clean(headers).headers, {
    host: "localhost:8080",
    "x-remote-users": "1",
  });
  assertEquals(auth.clean(headers, PROXIED).headers, {
    host: "localhost:8080",
    "x-remote-user": "ada",
    "x-remote-users": "1",
  });
});

Deno.test("header: one with an underscore in its name is the one that counts", async () => {
  await using auth = new Auth("header:X_User");
  const headers = { "x_user": "ada", "x-user": "eve" };
  assertEquals(await auth.user(headers, PROXIED), "ada");
  assertEquals(auth.clean(headers, PROXIED).headers, {
    host: "localhost:8080",
    "x_user": "ada",
  });
});

Deno.test("header: who comes without a proxy can be admitted in another way", async () => {
  await using auth = new Auth("token", "header:X-Remote-User");
  const link = auth.authenticator.link("http://localhost/")!;
  const authorization = `Bearer ${new URL(link).searchParams.get("token")}`;
  assertEquals(
    await auth.ask({ authorization, "x-remote-user": "root" }),
    { user: "token", authType: "Bearer" },
  );
  assertEquals(
    await auth.ask({ authorization, "x-remote-user": "root" }, PROXIED),
    { user: "root", authType: "Proxy" },
  );
});

Deno.test("header: without --trustproxy it is an error at the start", () => {
  for (const trustProxy of [undefined, []]) {
    assertThrows(
      () => new Authenticator({ auth: ["header:X-User"], trustProxy }, assert),
      OptionError,
      "Cannot use --auth=header:X-User without --trustproxy: name the proxy whose word counts, as in --trustproxy=127.0.0.1",
    );
  }
});

for (const name of ["X User", "X:User", "X-User\n", "Zoë", " X"]) {
  Deno.test(`header: ${JSON.stringify(name)} is no name of a header, and an error at the start`, () => {
    assertThrows(
      () => new Auth(`header:${name}`),
      OptionError,
      `Cannot use ${JSON.stringify(name)} for --auth=header`,
    );
  });
}

for (
  const entry of [
    "",
    "basic",
    "basic:",
    "token:",
    "header",
    "header:",
    "exec",
    "exec:",
    "Token",
    "digest:users",
    ":x",
    " token",
    "toString",
  ]
) {
  Deno.test(`--auth=${JSON.stringify(entry)} is an error that says what to write`, () => {
    assertThrows(
      () => new Auth("token", entry),
      OptionError,
      `Cannot use ${
        JSON.stringify(entry)
      } for auth (--auth): write basic:FILE, token, token:FILE, header:NAME or exec:PROGRAM`,
    );
  });
}
