import { fileURLToPath } from "node:url";
import { assertEquals, assertGreater } from "@std/assert";
import { CASES } from "./cases.ts";
import type { Row } from "./report.ts";

const BENCH = fileURLToPath(new URL("./bench.ts", import.meta.url));
const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

Deno.test("bench --quick runs every case to its end and writes its numbers", async () => {
  const jsonPath = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const names = CASES.filter((benchCase) => benchCase.rival !== "socat")
      .map((benchCase) => benchCase.name);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        BENCH,
        "--quick",
        "--turns=1",
        `--only=${names}`,
        `--json=${jsonPath}`,
      ],
      stdin: "null",
    }).output();
    const printed = new TextDecoder().decode(stdout);
    const json = JSON.parse(await Deno.readTextFile(jsonPath));
    assertEquals(
      [json.turns, json.quick, json.engine],
      [1, true, "native"],
      new TextDecoder().decode(stderr),
    );
    assertEquals(json.sides.ours.endsWith(`run -A ${MAIN}`), true);
    assertEquals([...new Set(json.rows.map((row: Row) => row.case))], names);
    for (const row of json.rows as Row[]) {
      assertEquals(row.failures.ours, undefined);
      assertEquals(row.failures.ceiling, undefined);
      assertGreater(row.turns.ours!.length, 0);
      assertEquals(printed.includes(row.title), true);
      // Memory is known on Linux only, and a few clients may cost none.
      // A line may arrive within the millisecond in which it is printed.
      if (row.case !== "idle" && row.case !== "fan-out") {
        assertGreater(row.ours!, 0);
      }
    }
  } finally {
    await Deno.remove(jsonPath);
  }
});

Deno.test("bench names the flag that it does not know and ends with 2", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", BENCH, "--turn=3"],
    stdin: "null",
  }).output();
  assertEquals(code, 2);
  assertEquals(new TextDecoder().decode(stderr).includes("--turn"), true);
});
