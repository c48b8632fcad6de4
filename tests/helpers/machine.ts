/**
 * What the machine that runs the tests may lack. What is missing is said once;
 * tests that need it are skipped.
 *
 * @module
 */

/** Whether nothing can listen on `::1`. */
export const LACKS_IPV6 = !works(() =>
  Deno.listen({ hostname: "::1", port: 0 }).close()
);
if (LACKS_IPV6) console.log("There is no IPv6 here: its tests are skipped");

/** Whether Debian's package `websocketd`, to compare with, is not installed. */
export const LACKS_ORIGINAL = !works(() =>
  Deno.statSync("/usr/bin/websocketd")
);
if (LACKS_ORIGINAL) {
  console.log(
    "The original websocketd is not installed: tests that compare with it are skipped",
  );
}

function works(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
