#!/usr/bin/env node
/**
 * Counts to three, one number a second. Each line is a message to the client;
 * when the program ends, so does the connection, with close code 1000.
 *
 *   deno run -A main.ts --port=8080 node ./examples/nodejs/counter.js
 */
const { setTimeout: sleep } = require("node:timers/promises");

async function count() {
  for (let i = 1; i <= 3; i++) {
    // Writes at once: Node.js keeps nothing back.
    console.log(i);
    await sleep(1000);
  }
}

count();
