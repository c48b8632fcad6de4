/**
 * A thread of the server that dies when it is told to, or has errors that
 * nobody catches.
 *
 * @module
 */
let failing = false;

// Before those of the server, which would go on.
globalThis.addEventListener("error", (event) => {
  if (failing) event.stopImmediatePropagation();
});
globalThis.addEventListener("message", (event) => {
  failing = (event as MessageEvent).data === "fail";
  if (failing) throw new Error("failed on purpose");
  if ((event as MessageEvent).data === "throw") throw new Error("thrown");
  if ((event as MessageEvent).data === "reject") {
    void Promise.reject(new Error("rejected"));
  }
});
// What came while it was loading.
const early: MessageEvent[] = [];
const keep = (event: Event) => early.push(event as MessageEvent);
globalThis.addEventListener("message", keep);
await import("../../lib/server/worker.ts");
globalThis.removeEventListener("message", keep);
for (const { data } of early) {
  globalThis.dispatchEvent(new MessageEvent("message", { data }));
}
