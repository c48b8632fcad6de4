import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
  unreachable,
} from "@std/assert";

/** Whether an assertion fails with an `AssertionError`; written without the assertions under test. */
function fails(assertion: () => void): boolean {
  try {
    assertion();
  } catch (error) {
    if (error instanceof AssertionError) return true;
    throw error;
  }
  return false;
}

/** The message of the assertion that fails. */
function messageOf(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    if (error instanceof AssertionError) return error.message;
    throw error;
  }
  throw new Error("The assertion holds");
}

function check(what: boolean, name: string): void {
  if (!what) throw new Error(`Does not hold: ${name}`);
}

Deno.test("AssertionError is an Error with a name and a cause", () => {
  const cause = new Error("inner");
  const error = new AssertionError("outer", { cause });
  check(error instanceof Error, "is an Error");
  check(error.name === "AssertionError", "name");
  check(error.message === "outer", "message");
  check(error.cause === cause, "cause");
});

Deno.test("assert and assertFalse tell truthy from falsy", () => {
  for (const value of [true, 1, "a", {}, []]) {
    check(!fails(() => assert(value)), "assert accepts truthy");
    check(fails(() => assertFalse(value)), "assertFalse refuses truthy");
  }
  for (const value of [false, 0, "", null, undefined, NaN]) {
    check(fails(() => assert(value)), "assert refuses falsy");
    check(!fails(() => assertFalse(value)), "assertFalse accepts falsy");
  }
  check(messageOf(() => assert(false, "why")) === "why", "message");
});

Deno.test("assertEquals compares deeply", () => {
  const cyclic: Record<string, unknown> = { a: 1 };
  cyclic.self = cyclic;
  const cyclicToo: Record<string, unknown> = { a: 1 };
  cyclicToo.self = cyclicToo;
  class Point {
    constructor(x: number) {
      Object.assign(this, { x });
    }
  }
  const same: [unknown, unknown][] = [
    [1, 1],
    [NaN, NaN],
    ["a", "a"],
    [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }],
    [new Map([["a", 1]]), new Map([["a", 1]])],
    [new Set([{ a: 1 }, 2]), new Set([2, { a: 1 }])],
    [new Uint8Array([1, 2]), new Uint8Array([0, 1, 2]).subarray(1)],
    [new Date(5), new Date(5)],
    [/a/g, /a/g],
    [new URL("http://a/b"), new URL("http://a/b")],
    [new Error("a"), new Error("a")],
    [cyclic, cyclicToo],
    [null, null],
  ];
  for (const [a, b] of same) {
    check(!fails(() => assertEquals(a, b)), `${Deno.inspect(a)} is equal`);
    check(fails(() => assertNotEquals(a, b)), `${Deno.inspect(a)} is equal`);
    check(equal(a, b), "equal");
  }
  const different: [unknown, unknown][] = [
    [1, 2],
    [1, "1"],
    [null, undefined],
    [{ a: undefined }, {}],
    [[1, 2], [2, 1]],
    [[1], [1, 2]],
    [{ a: 1 }, { a: 1, b: 2 }],
    [new Map([["a", 1]]), new Map([["a", 2]])],
    [new Set([1]), new Set([2])],
    [new Uint8Array([1]), new Uint8Array([2])],
    [new Uint8Array([1]), [1]],
    [new Date(5), new Date(6)],
    [/a/g, /a/],
    [new URL("http://a/b"), new URL("http://a/c")],
    [new Point(1), { x: 1 }],
  ];
  for (const [a, b] of different) {
    check(fails(() => assertEquals(a, b)), `${Deno.inspect(a)} differs`);
    check(!fails(() => assertNotEquals(a, b)), `${Deno.inspect(a)} differs`);
    check(!equal(a, b), "not equal");
  }
});

Deno.test("assertEquals shows what differs and the reason given", () => {
  const message = Deno.inspect(
    messageOf(() =>
      assertEquals({ a: 1, b: "same" }, { a: 2, b: "same" }, "why")
    ),
  ).replaceAll(
    // The colours of a terminal.
    /\\x1b\[\d+m/g,
    "",
  );
  check(message.includes("Values are not equal"), "what is wrong");
  check(message.includes("why"), "the reason given");
  check(/-\s+a: 1/.test(message), "the actual line");
  check(/\+\s+a: 2/.test(message), "the expected line");
  check(!/[-+]\s+b:/.test(message), "equal lines are not marked");
});

Deno.test("assertEquals shows texts of many lines line by line", () => {
  const message = messageOf(() =>
    assertEquals("one\ntwo\nthree", "one\n2\nthree")
  );
  check(/-.*two/.test(message), "the actual line");
  check(/\+.*2/.test(message), "the expected line");
  check(!/[-+] .*three/.test(message), "equal lines are not marked");
});

Deno.test("assertStrictEquals wants the very same value and narrows its type", () => {
  const value = { a: 1 };
  check(!fails(() => assertStrictEquals(value, value)), "same reference");
  check(fails(() => assertStrictEquals({ a: 1 }, value)), "other reference");
  check(!fails(() => assertStrictEquals(NaN, NaN)), "NaN");
  check(fails(() => assertStrictEquals(0, -0)), "0 and -0");
  check(fails(() => assertNotStrictEquals(value, value)), "same reference");
  check(!fails(() => assertNotStrictEquals({ a: 1 }, value)), "other");
  const unknown: unknown = 5;
  assertStrictEquals(unknown, 5);
  unknown.toFixed();
});

Deno.test("assertExists refuses only null and undefined and narrows its type", () => {
  for (const value of [0, "", false, NaN, {}]) {
    check(!fails(() => assertExists(value)), "exists");
  }
  check(fails(() => assertExists(null)), "null");
  check(fails(() => assertExists(undefined)), "undefined");
  const maybe: string | undefined = ["a"].at(0);
  assertExists(maybe);
  maybe.length;
});

Deno.test("assertThrows returns the error and checks class and message", () => {
  const boom = () => {
    throw new RangeError("out of range: 5");
  };
  check(assertThrows(boom) instanceof RangeError, "returns the error");
  const error: RangeError = assertThrows(boom, RangeError, "range: 5");
  check(error.message === "out of range: 5", "typed error");
  check(!fails(() => assertThrows(boom, Error)), "a parent class");
  check(fails(() => assertThrows(boom, TypeError)), "another class");
  check(fails(() => assertThrows(boom, RangeError, "6")), "other message");
  check(fails(() => assertThrows(() => {})), "does not throw");
  check(
    messageOf(() => assertThrows(() => {}, "why")).includes("why"),
    "reason",
  );
  check(
    messageOf(() => assertThrows(() => {}, Error, "text", "why")).includes(
      "why",
    ),
    "reason after class",
  );
  const notAnError = () => {
    // deno-lint-ignore no-throw-literal -- this is what is tested
    throw "text";
  };
  check(assertThrows(notAnError) === "text", "anything thrown is returned");
  check(fails(() => assertThrows(notAnError, Error)), "not an Error");
});

Deno.test("assertRejects resolves to the error and checks class and message", async () => {
  const boom = () => Promise.reject(new RangeError("out of range: 5"));
  check(await assertRejects(boom) instanceof RangeError, "the error");
  const error: RangeError = await assertRejects(boom, RangeError, "range: 5");
  check(error.message === "out of range: 5", "typed error");
  const failures: (() => Promise<unknown>)[] = [
    () => assertRejects(boom, TypeError),
    () => assertRejects(boom, RangeError, "6"),
    () => assertRejects(() => Promise.resolve(1)),
    () => assertRejects(() => Promise.reject("text"), Error),
    () =>
      assertRejects(() => {
        throw new RangeError("synchronous");
      }),
  ];
  for (const failure of failures) {
    let caught: unknown;
    // Called inside an async function: a failure may not be thrown before the promise exists.
    const promise = failure();
    try {
      await promise;
    } catch (reason) {
      caught = reason;
    }
    check(caught instanceof AssertionError, `${failure} fails`);
  }
});

Deno.test("assertIsError checks a value that is already there", () => {
  const error = new TypeError("bad type");
  check(!fails(() => assertIsError(error, TypeError, "bad")), "text");
  check(!fails(() => assertIsError(error, TypeError, /^bad/)), "pattern");
  check(fails(() => assertIsError(error, RangeError)), "class");
  check(fails(() => assertIsError(error, TypeError, /good/)), "message");
  check(fails(() => assertIsError("text")), "not an Error");
});

Deno.test("assertMatch, assertNotMatch and assertStringIncludes look into texts", () => {
  check(!fails(() => assertMatch("abc", /b/)), "match");
  check(fails(() => assertMatch("abc", /d/)), "no match");
  check(!fails(() => assertNotMatch("abc", /d/)), "no match");
  check(fails(() => assertNotMatch("abc", /b/)), "match");
  check(!fails(() => assertStringIncludes("abc", "bc")), "includes");
  check(fails(() => assertStringIncludes("abc", "cb")), "does not include");
  check(
    messageOf(() => assertStringIncludes("abc", "x", "why")).includes("why"),
    "reason",
  );
});

Deno.test("assertArrayIncludes looks for each element, deeply, in any order", () => {
  check(
    !fails(() => assertArrayIncludes([1, { a: 2 }, 3], [{ a: 2 }, 1])),
    "in",
  );
  check(fails(() => assertArrayIncludes([1, 2], [2, 4])), "not in");
  check(
    !fails(() => assertArrayIncludes(new Uint8Array([1, 2]), Uint8Array.of(2))),
    "array-like",
  );
});

Deno.test("the comparisons hold at the border as they say", () => {
  const holds = (
    assertion: (actual: number, expected: number) => void,
  ): boolean[] => [1, 2, 3].map((n) => !fails(() => assertion(n, 2)));
  assertEquals(holds(assertGreater), [false, false, true]);
  assertEquals(holds(assertGreaterOrEqual), [false, true, true]);
  assertEquals(holds(assertLess), [true, false, false]);
  assertEquals(holds(assertLessOrEqual), [true, true, false]);
});

Deno.test("assertAlmostEquals allows a difference up to the tolerance", () => {
  check(!fails(() => assertAlmostEquals(0.1 + 0.2, 0.3)), "default");
  check(fails(() => assertAlmostEquals(0.3001, 0.3)), "past the default");
  check(!fails(() => assertAlmostEquals(10, 12, 2)), "at the tolerance");
  check(fails(() => assertAlmostEquals(10, 12.5, 2)), "past the tolerance");
  check(!fails(() => assertAlmostEquals(Infinity, Infinity)), "infinity");
});

Deno.test("assertInstanceOf narrows the type", () => {
  const value: unknown = new Date(0);
  assertInstanceOf(value, Date);
  value.getTime();
  check(fails(() => assertInstanceOf({}, Date)), "an object");
  check(fails(() => assertInstanceOf(null, Date)), "null");
  check(fails(() => assertInstanceOf(1, Number)), "a primitive");
});

Deno.test("fail and unreachable always fail", () => {
  check(fails(() => fail()), "fail");
  check(messageOf(() => fail("why")).includes("why"), "fail with a reason");
  check(fails(() => unreachable()), "unreachable");
});
