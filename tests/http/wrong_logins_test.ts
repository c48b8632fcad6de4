import { assertEquals, assertMatch } from "@std/assert";
import { WrongLogins } from "../../lib/http/auth/wrong_logins.ts";
import { Scratch } from "../helpers/scratch.ts";
import { Auth } from "./auth_attempt.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

/** Counts on a clock of the test's own. */
class Counted {
  now = 1000;
  readonly wrong = new WrongLogins(() => this.now);

  add(address: string, times: number): void {
    for (let i = 0; i < times; i++) this.wrong.add(address);
  }

  wait(address: string): number {
    return this.wrong.waitSeconds(address);
  }
}

Deno.test("WrongLogins lets ten within a minute pass, and no eleventh until the minute is over", () => {
  const counted = new Counted();
  counted.add("192.0.2.1", 9);
  assertEquals(counted.wait("192.0.2.1"), 0);
  counted.now += 20_000;
  counted.add("192.0.2.1", 1);
  assertEquals(counted.wait("192.0.2.1"), 40);
  assertEquals(counted.wait("192.0.2.2"), 0);
  counted.now += 39_999;
  assertEquals(counted.wait("192.0.2.1"), 1);
  counted.now += 1;
  assertEquals(counted.wait("192.0.2.1"), 0);
  counted.add("192.0.2.1", 9);
  assertEquals(counted.wait("192.0.2.1"), 0);
  counted.add("192.0.2.1", 1);
  assertEquals(counted.wait("192.0.2.1"), 60);
});

Deno.test("WrongLogins takes an IPv6 network of 64 bits for one address, however it is written", () => {
  const counted = new Counted();
  for (let i = 0; i < 10; i++) counted.add(`2001:db8:0:7::${i}`, 1);
  for (
    const address of ["2001:db8:0:7:a:b:c:d", "2001:0db8::7:0:0:0:1"]
  ) assertEquals(counted.wait(address), 60, address);
  assertEquals(counted.wait("2001:db8:0:8::1"), 0);
  counted.add("::1", 10);
  assertEquals(counted.wait("::1"), 60);
  counted.add("::ffff:192.0.2.1", 10);
  assertEquals(counted.wait("::ffff:192.0.2.2"), 0);
});

Deno.test("WrongLogins remembers ten thousand addresses, then forgets the one that began first", () => {
  const counted = new Counted();
  counted.add("192.0.2.1", 10);
  for (let i = 1; i < 10_000; i++) counted.add(`10.${i >> 8}.${i & 255}.1`, 1);
  assertEquals(counted.wait("192.0.2.1"), 60);
  counted.add("192.0.2.2", 1);
  assertEquals(counted.wait("192.0.2.1"), 0);
});

Deno.test("WrongLogins counts nobody on a unix socket", () => {
  const counted = new Counted();
  counted.add("unix-socket", 100);
  assertEquals(counted.wait("unix-socket"), 0);
});

Deno.test("auth: after ten wrong tokens an address gets 429 and when to come back, the right one too; others do not", async () => {
  using scratch = new Scratch();
  const path = scratch.file("tokens");
  await Deno.writeTextFile(path, `${TOKEN}\n`, { mode: 0o600 });
  await using auth = new Auth(`token:${path}`);
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  // Those who prove nothing are asked, and not counted.
  for (let i = 0; i < 20; i++) assertEquals(await auth.user({}), 401);
  for (let i = 0; i < 10; i++) {
    assertEquals(await auth.user(bearer(`guess${i}`)), 401);
  }
  const refusal = await auth.ask(bearer("guess"));
  if (!("reason" in refusal)) throw new Error("The guess was admitted");
  assertEquals([refusal.status, refusal.reason], [429, "auth"]);
  const [[name, seconds]] = refusal.headers!;
  assertEquals(name, "retry-after");
  assertMatch(seconds, /^[1-5]?\d|60$/);
  assertEquals(
    refusal.message,
    `Too many wrong logins have come from this address (--auth): try again in ${seconds} s`,
  );
  assertEquals(await auth.user(bearer(TOKEN)), 429);
  assertEquals(await auth.user({}, { target: `/?token=${TOKEN}` }), 429);
  assertEquals(await auth.user({}), 401);
  const elsewhere = { visitor: { hostname: "192.0.2.7" } };
  assertEquals(await auth.user(bearer(TOKEN), elsewhere), "token");
});

Deno.test("auth: the random token, which nobody can guess, is taken from everybody", async () => {
  using scratch = new Scratch();
  const path = scratch.file("tokens");
  await Deno.writeTextFile(path, `${TOKEN}\n`, { mode: 0o600 });
  await using auth = new Auth("token", `token:${path}`);
  // A browser with the cookie of a server before this one.
  for (let i = 0; i < 20; i++) await auth.user({ authorization: "Bearer old" });
  assertEquals(await auth.user({ authorization: "Bearer old" }), 429);
  const link = new URL(auth.authenticator.link("http://localhost:8080/")!);
  const token = link.searchParams.get("token");
  assertEquals(
    await auth.user({ authorization: `Bearer ${token}` }),
    "token",
  );
});

Deno.test("auth: where only the random token admits, old ones are not counted: waiting would not help", async () => {
  await using auth = new Auth("token");
  for (let i = 0; i < 20; i++) {
    assertEquals(await auth.user({ authorization: "Bearer old" }), 401);
  }
});
