/** Prints numbered lines with the time of each, so many a second: `NUMBER MILLISECONDS`. Begins when it is sent something. Argument: lines a second. */

const rate = Number(Deno.args[0]);
const encoder = new TextEncoder();
await Deno.stdin.read(new Uint8Array(64));
const startedAt = performance.now();
let printed = 0;
for (;;) {
  const due = Math.floor((performance.now() - startedAt) / 1000 * rate);
  const now = Date.now();
  let lines = "";
  for (; printed < due; printed++) lines += `${printed} ${now}\n`;
  const bytes = encoder.encode(lines);
  for (let at = 0; at < bytes.length;) {
    at += Deno.stdout.writeSync(bytes.subarray(at));
  }
  await new Promise((resolve) => setTimeout(resolve, 1));
}
