import { assertEquals } from "@std/assert";
import { inspectLimits } from "../../lib/doctor/limit_findings.ts";
import { assertAllOk, assertFound } from "./found.ts";

function limits(files: string, processes: string): string {
  return `Limit                     Soft Limit           Hard Limit           Units
Max processes             ${processes}                96364                processes
Max open files            ${files}                20000                files
`;
}

Deno.test("inspectLimits() asks for five open files for each program, and some to spare", () => {
  assertAllOk(inspectLimits(1024, limits("5184", "96364")));
  assertFound(
    inspectLimits(1024, limits("5183", "96364")),
    "warning",
    "limits",
    /5184 open files, and the system allows 5183.*--maxforks=1023/,
  );
});

Deno.test("inspectLimits() compares with the number of processes", () => {
  assertAllOk(inspectLimits(100, limits("unlimited", "100")));
  assertFound(
    inspectLimits(101, limits("unlimited", "100")),
    "warning",
    "limits",
    /101 programs at once .* 100 processes/,
  );
});

Deno.test("inspectLimits() warns of no limit at all", () => {
  assertFound(inspectLimits(0), "warning", "limits", /no limit/);
});

Deno.test("inspectLimits() says nothing where the system does not", () => {
  assertEquals(inspectLimits(10, ""), []);
});

Deno.test({
  name: "inspectLimits() reads the limits of this process",
  ignore: Deno.build.os !== "linux",
  fn(): void {
    assertAllOk(inspectLimits(1));
  },
});
