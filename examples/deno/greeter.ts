#!/usr/bin/env -S deno run
/**
 * Answers each message with "data: " and the message, until the client leaves.
 *
 *   deno run -A main.ts --port=8080 deno run ./examples/deno/greeter.ts
 */
import { TextLineStream } from "@std/streams";

const lines = Deno.stdin.readable
  .pipeThrough(new TextDecoderStream())
  .pipeThrough(new TextLineStream());

// console.log writes at once: Deno keeps nothing back.
for await (const line of lines) console.log(`data: ${line}`);
