#!/usr/bin/env -S deno run
/**
 * Counts to three, one number a second. Each line is a message to the client;
 * when the program ends, so does the connection, with close code 1000.
 *
 *   deno run -A main.ts --port=8080 deno run ./examples/deno/counter.ts
 */
for (let i = 1; i <= 3; i++) {
  // Writes at once: Deno keeps nothing back.
  console.log(i);
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
