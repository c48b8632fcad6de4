#!/usr/bin/env node
/**
 * Shows what the program knows about the client: all of its environment.
 *
 *   deno run -A main.ts --port=8080 node ./examples/nodejs/dump_env.js
 */
for (const name of Object.keys(process.env).sort()) {
  console.log(`${name}=${process.env[name]}`);
}
