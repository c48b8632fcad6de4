#!/usr/bin/env node
/**
 * Answers each message with "data: " and the message, until the client leaves.
 *
 *   deno run -A main.ts --port=8080 node ./examples/nodejs/greeter.js
 */
const { createInterface } = require("node:readline");

// console.log writes at once: Node.js keeps nothing back.
createInterface({ input: process.stdin }).on("line", (line) => {
  console.log(`data: ${line}`);
});
