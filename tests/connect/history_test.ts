import { assertEquals } from "@std/assert";
import {
  History,
  HISTORY_SIZE,
  historyPath,
} from "../../lib/cli/connect/history.ts";
import { Scratch } from "../helpers/scratch.ts";

/** Sets variables for the time of a test. */
function environment(values: Record<string, string | null>): Disposable {
  const before = Object.keys(values).map((name) =>
    [name, Deno.env.get(name)] as const
  );
  const set = (name: string, value: string | null | undefined): void =>
    typeof value === "string"
      ? Deno.env.set(name, value)
      : Deno.env.delete(name);
  for (const [name, value] of Object.entries(values)) set(name, value);
  return {
    [Symbol.dispose](): void {
      for (const [name, value] of before) set(name, value);
    },
  };
}

Deno.test("lines are kept from one time to the next, the newest first", () => {
  using scratch = new Scratch();
  const path = scratch.file("deep/er/history");
  const first = new History(path);
  assertEquals(first.lines, []);
  first.add("a");
  first.add("b");
  // Another client at the same time.
  new History(path).add("c");
  first.add("d");
  assertEquals(new History(path).lines, ["d", "c", "b", "a"]);
});

Deno.test("only so many lines are remembered, and a long file is made short", () => {
  using scratch = new Scratch();
  const path = scratch.file("history");
  const lines = (count: number): string =>
    Array.from({ length: count }, (_, i) => `${i}\n`).join("");

  Deno.writeTextFileSync(path, lines(2 * HISTORY_SIZE));
  assertEquals(new History(path).lines.length, HISTORY_SIZE);
  assertEquals(scratch.lines("history").length, 2 * HISTORY_SIZE);

  Deno.writeTextFileSync(path, lines(2 * HISTORY_SIZE + 1));
  assertEquals(new History(path).lines[0], `${2 * HISTORY_SIZE}`);
  assertEquals(scratch.lines("history").length, HISTORY_SIZE);
  assertEquals(scratch.lines("history").at(-1), `${2 * HISTORY_SIZE}`);
});

Deno.test("what is wrong with the file is no reason to fail", () => {
  using scratch = new Scratch();
  for (const path of [null, scratch.path, "/dev/null/x"]) {
    const history = new History(path);
    history.add("a");
    assertEquals(history.lines, []);
  }
});

for (
  const [values, path] of [
    [{ XDG_STATE_HOME: "/s", HOME: "/h" }, "/s/websocketd/history"],
    [
      { XDG_STATE_HOME: null, HOME: "/h" },
      "/h/.local/state/websocketd/history",
    ],
    // A relative path is to be ignored.
    [{ XDG_STATE_HOME: "s", HOME: "/h" }, "/h/.local/state/websocketd/history"],
    [{ XDG_STATE_HOME: "", HOME: "", LOCALAPPDATA: null }, null],
  ] as const
) {
  Deno.test(`the history is in ${path} with ${JSON.stringify(values)}`, () => {
    using _environment = environment(values);
    assertEquals(historyPath(), path);
  });
}
