import { assertEquals } from "@std/assert";
import {
  endOf,
  endOfInput,
  endOfOutput,
  isWorthRetrying,
} from "../../lib/connect/client_end.ts";
import { FramingError } from "../../lib/errors.ts";

for (
  const [code, status, isExpected, isRetried] of [
    [1000, 0, true, false],
    [1001, 75, false, true],
    [1002, 70, false, false],
    [1003, 70, false, false],
    [1005, 0, true, false],
    [1006, 69, false, true],
    [1007, 70, false, false],
    [1008, 70, false, false],
    [1009, 70, false, false],
    [1011, 70, false, false],
    [1012, 75, false, true],
    [1013, 75, false, true],
    [1014, 75, false, true],
    [3000, 70, false, false],
    [3999, 70, false, false],
    [4000, 0, true, false],
    [4001, 1, true, false],
    [4255, 255, true, false],
    [4256, 70, false, false],
    [4500, 70, false, false],
    [4501, 129, true, false],
    [4515, 143, true, false],
    [4564, 192, true, false],
    [4565, 70, false, false],
    [4999, 70, false, false],
  ] as const
) {
  Deno.test(`close code ${code} is exit status ${status}${isRetried ? ", and worth another attempt" : ""}`, () => {
    const close = { code, reason: "", by: "server" } as const;
    const end = endOf(close);
    assertEquals([end.status, end.isExpected], [status, isExpected]);
    assertEquals(isWorthRetrying(close), isRetried);
  });
}

Deno.test("an end is told with code and reason, and who wanted it", () => {
  assertEquals(
    endOf({ code: 4003, reason: "exit 3", by: "server" }).message,
    "Closed by the server: 4003 exit 3",
  );
  assertEquals(
    endOf({ code: 1009, reason: "too big", by: "client" }).message,
    "Closed for what the server sent: 1009 too big",
  );
  assertEquals(
    endOf({ code: 1006, reason: "connection lost", by: "server" }).message,
    "Connection lost",
  );
  assertEquals(
    endOf({ code: 1006, reason: "no answer to a ping", by: "server" }).message,
    "Connection lost: no answer to a ping",
  );
});

Deno.test("trouble with input and output has its own status and says what it is", () => {
  const error = new Error("No space left on device (os error 28)");
  assertEquals(endOfOutput(error), {
    status: 74,
    message: "Cannot write stdout: No space left on device",
    isExpected: false,
  });
  assertEquals(endOfOutput(new Deno.errors.BrokenPipe("x")).status, 141);
  assertEquals(
    endOfInput(error).message,
    "Cannot read stdin: No space left on device",
  );
  assertEquals(
    endOfInput(new FramingError("Line too long")).message,
    "Cannot send stdin: Line too long",
  );
});
