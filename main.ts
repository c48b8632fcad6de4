/**
 * websocketd for Deno: turns any program that reads stdin and writes stdout into
 * a WebSocket server.
 *
 * ```sh
 * deno run -A main.ts --port=8080 ./examples/bash/counter.sh
 * ```
 *
 * Without arguments it tells how it is used; `--help` tells everything.
 *
 * @module
 */
import { main } from "./lib/cli/main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
