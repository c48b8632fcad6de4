import { assert, assertEquals } from "@std/assert";
import { Bcrypt } from "../../lib/http/auth/bcrypt.ts";
import { Turns } from "../../lib/http/auth/turns.ts";
import { pause, within } from "../helpers/deadline.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";

/** Of the password "secret". */
const HASH = "$2y$05$nd9PA3CfsDwtl5A0GqsCbu8Dqzikl0ifnFJAZ57HDm4BYcYnhJ8nG";
const COST_14 = HASH.replace("$05", "$14");

Deno.test("Bcrypt compares where there are no workers, too", async () => {
  const bcrypt = new Bcrypt("no address");
  assertEquals(await bcrypt.compare("secret", HASH), true);
  assertEquals(await bcrypt.compare("Secret", HASH), false);
  await bcrypt.close();
  assertEquals(await bcrypt.compare("secret", HASH), false);
});

Deno.test("Bcrypt compares itself when its worker fails", async () => {
  const broken = URL.createObjectURL(
    new Blob(['throw new Error("meant to fail")'], {
      type: "application/javascript",
    }),
  );
  const bcrypt = new Bcrypt(broken);
  assertEquals(await bcrypt.compare("secret", HASH), true);
  assertEquals(await bcrypt.compare("Secret", HASH), false);
  await bcrypt.close();
  URL.revokeObjectURL(broken);
});

Deno.test("Bcrypt ends a comparison at once when it is closed", async () => {
  const bcrypt = new Bcrypt();
  assertEquals(await bcrypt.compare("secret", HASH), true);
  const comparing = bcrypt.compare("secret", COST_14);
  const watch = new Stopwatch();
  await within(bcrypt.close(), "the worker to end");
  assertEquals(await within(comparing, "an answer"), false);
  const { ms } = watch;
  assert(ms < 5000, `${ms} ms`);
});

Deno.test("Bcrypt ends a worker that has nothing to do, and starts another when there is", async () => {
  const bcrypt = new Bcrypt(undefined, 0);
  assertEquals(await bcrypt.compare("secret", HASH), true);
  // The timer that ends it was set before this one. A worker that is left would be found at the end of the test.
  await pause(50);
  assertEquals(await bcrypt.compare("secret", HASH), true);
  await pause(50);
});

Deno.test("Turns: as many as may at once, others wait in order, the rest is turned away", async () => {
  const turns = new Turns({ atOnce: 2, waiting: 3, perAddress: 4 });
  const order: string[] = [];
  const take = async (address: string): Promise<() => void> => {
    const release = await turns.take(address);
    order.push(release === null ? `no ${address}` : address);
    return release ?? (() => {});
  };
  const a1 = await take("a");
  const a2 = await take("a");
  const a3 = take("a");
  const a4 = take("a");
  // A fifth of one address is one too many.
  await take("a");
  const b1 = take("b");
  // So is a fourth that waits.
  await take("c");
  assertEquals(order, ["a", "a", "no a", "no c"]);
  a1();
  (await a3)();
  (await a4)();
  (await b1)();
  a2();
  assertEquals(order.slice(4), ["a", "a", "b"]);
  // All are given back.
  const again = await Promise.all(["a", "a"].map(take));
  const waits = take("a");
  await pause(10);
  assertEquals(order.length, 9);
  again.forEach((release) => release());
  (await waits)();
});
