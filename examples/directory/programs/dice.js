#!/usr/bin/env node
/**
 * Throws a die at each message. How many sides it has stands in the address:
 * /dice.js?sides=20
 *
 *   deno run -A main.ts --port=8080 --dir=./examples/directory/programs --staticdir=./examples/directory/page
 */
const { randomInt } = require("node:crypto");
const { createInterface } = require("node:readline");

const query = new URLSearchParams(process.env.QUERY_STRING);
const sides = Number(query.get("sides") ?? 6);
if (!Number.isInteger(sides) || sides < 2 || sides > 1000) {
  console.log("sides is a number from 2 to 1000");
  process.exitCode = 1;
} else {
  console.log(`a die with ${sides} sides`);
  createInterface({ input: process.stdin }).on("line", () => {
    console.log(randomInt(1, sides + 1));
  });
}
