#!/usr/bin/env node
/**
 * Follows a file, as `tail -F` does. Prints a line of JSON for each of its lines
 * that matches the filter; each line on stdin is a new filter.
 *
 *   deno run -A main.ts --port=8080 --staticdir=./examples/log_tail/page node ./examples/log_tail/follow.js /var/log/syslog
 */
const { spawn } = require("node:child_process");
const { createInterface } = require("node:readline");

/* How many lines there are to look back on. */
const KEPT = 1000;
/* What is shown of a line. */
const LONGEST = 4000;

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("Usage: follow.js FILE");
  process.exit(1);
}

const kept = [];
let words = [];

const matches = (line) => {
  const lower = line.toLowerCase();
  return words.every((word) => lower.includes(word));
};
const send = (message) => console.log(JSON.stringify(message));

// -- because a file may be called -x. What tail says of rotation goes to the server's log.
const tail = spawn("tail", ["-n", String(KEPT), "-F", "--", file], {
  stdio: ["ignore", "pipe", "inherit"],
});
tail.on("error", ({ message }) => {
  console.error(`Cannot start tail: ${message}`);
  process.exit(1);
});

createInterface({ input: tail.stdout }).on("line", (whole) => {
  const line = whole.slice(0, LONGEST);
  kept.push(line);
  if (kept.length > KEPT) kept.shift();
  if (matches(line)) send({ line });
});

createInterface({ input: process.stdin })
  .on("line", (filter) => {
    words = filter.toLowerCase().split(/\s+/).filter((word) => word !== "");
    send({ filter });
    for (const line of kept.filter(matches)) send({ line });
  })
  .on("close", () => {
    tail.kill();
    process.exit();
  });
