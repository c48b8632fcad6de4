#!/usr/bin/env -S deno run --allow-env
/**
 * Shows what the program knows about the client: all of its environment.
 *
 *   deno run -A main.ts --port=8080 deno run --allow-env ./examples/deno/dump_env.ts
 */
for (const [name, value] of Object.entries(Deno.env.toObject()).sort()) {
  console.log(`${name}=${value}`);
}
