import { assert, assertEquals } from "@std/assert";
import { Input } from "../../lib/process/input.ts";
import { MemoryPipe } from "../../lib/process/memory_pipe.ts";
import type { Exit } from "../../lib/events.ts";
import { HubInput, type ReadingRun } from "../../lib/session/hub_input.ts";
import { pause, within } from "../helpers/deadline.ts";

const NONE = new Uint8Array(0);
/** What a pipe takes whole or not at all, in bytes. */
const ATOMIC = 4096;

Deno.test("HubInput keeps what is written while nothing reads, and writes it behind the greeting", async () => {
  const input = new HubInput({ outlivesRuns: true, kept: 0 });
  const written = [input.write(bytes("a"), "A"), input.write(bytes("b"), "B")];
  const run = new Run();
  input.begin(run, bytes("hello "));
  await within(Promise.all(written), "the bytes to be taken");
  assertEquals(await run.read(), "hello ab");
});

Deno.test("HubInput keeps as much as its limit of clients that have left, and nothing of one with more", async () => {
  const input = new HubInput({ outlivesRuns: true, kept: 10 });
  const sent = { a: "aaaa", b: "bbbbbbb", c: "cccccc", d: "d", e: "ee" };
  const writes = Object.entries(sent)
    .map(([client, text]) => input.write(bytes(text), client));
  // Who is said to have left twice counts once.
  for (const client of ["a", "b", "c", "a", "d"]) input.forget(client);
  // Their clients need not wait: it is never written.
  await within(Promise.all([writes[1], writes[3]]), "what is not kept");
  const run = new Run();
  input.begin(run, NONE);
  await within(Promise.all(writes), "the bytes to be taken");
  assertEquals(await run.read(), "aaaaccccccee");
  // What has been written counts no more.
  await run.fails();
  const later = input.write(bytes("ffffffffff"), "f");
  input.forget("f");
  const next = new Run();
  input.begin(next, NONE);
  await within(later, "the bytes to be taken");
  assertEquals(await next.read(), "ffffffffff");
});

for (
  const [size, comes] of [[ATOMIC, "reaches"], [ATOMIC + 1, "does not reach"]]
) {
  Deno.test(`HubInput: what meets a closed stdin ${comes} the next run with ${size} bytes, as the last may have read ${size === ATOMIC ? "nothing" : "some"} of it`, async () => {
    const input = new HubInput({ outlivesRuns: true, kept: 0 });
    const run = new Run();
    input.begin(run, NONE);
    run.closesStdin();
    const first = input.write(new Uint8Array(Number(size)).fill(120), "A");
    const second = input.write(bytes("later"), "A");
    await pause(0);
    await run.fails();
    const next = new Run();
    input.begin(next, NONE);
    await within(Promise.all([first, second]), "the bytes to be taken");
    const kept = size === ATOMIC ? "x".repeat(ATOMIC) : "";
    assertEquals(await next.read(), `${kept}later`);
  });
}

Deno.test("HubInput writes nothing to a run that has closed its stdin and lives on, and holds nobody up for it but once", async () => {
  const input = new HubInput({ outlivesRuns: true, kept: 0 });
  const run = new Run();
  input.begin(run, NONE);
  run.closesStdin();
  await within(input.write(bytes("a"), "A"), "the first to be given up");
  const before = performance.now();
  for (let i = 0; i < 20; i++) await input.write(bytes("b"), "A");
  // Twenty times two seconds otherwise.
  assert(performance.now() - before < 20_000);
});

Deno.test("HubInput waits for a run that has been told to end, however long it takes", async () => {
  const input = new HubInput({ outlivesRuns: true, kept: 0 });
  const run = new Run();
  input.begin(run, NONE);
  run.isEnding = true;
  run.closesStdin();
  const written = input.write(bytes("a"), "A");
  await pause(2500);
  await run.fails();
  const next = new Run();
  input.begin(next, NONE);
  await within(written, "the bytes to be taken");
  assertEquals(await next.read(), "a");
});

Deno.test("HubInput gives up what waits, also what is being written, when the next run is elsewhere", async () => {
  const input = new HubInput({ outlivesRuns: true, kept: 10 });
  const run = new Run();
  input.begin(run, NONE);
  run.isEnding = true;
  run.closesStdin();
  const written = [input.write(bytes("a"), "A"), input.write(bytes("b"), "B")];
  input.forget("B");
  await pause(0);
  input.clear();
  await within(Promise.all(written), "the input to be given up");
  const later = input.write(bytes("c"), "A");
  await run.fails();
  const next = new Run();
  input.begin(next, NONE);
  await within(later, "the bytes to be taken");
  assertEquals(await next.read(), "c");
});

Deno.test("HubInput goes on with a run when the one before, which could not be killed, ends at last", async () => {
  const input = new HubInput({ outlivesRuns: true, kept: 0 });
  const run = new Run();
  input.begin(run, NONE);
  run.isEnding = true;
  const next = new Run();
  input.begin(next, NONE);
  await run.fails();
  await within(input.write(bytes("a"), "A"), "the bytes to be taken");
  assertEquals(await next.read(), "a");
});

Deno.test("HubInput keeps nothing for another run if there is none", async () => {
  const input = new HubInput({ outlivesRuns: false, kept: 0 });
  const run = new Run();
  input.begin(run, NONE);
  run.closesStdin();
  await within(input.write(bytes("a"), "A"), "the bytes to be given up");
  await run.fails();
  input.end();
  await within(input.write(bytes("b"), "A"), "the bytes to be given up");
});

Deno.test("HubInput tells a run what is for that one only", async () => {
  const input = new HubInput({ outlivesRuns: true, kept: 0 });
  input.tell(() => bytes("for nobody"));
  const run = new Run();
  input.begin(run, NONE);
  input.tell(() => bytes("first"));
  await pause(0);
  assertEquals(await run.read(), "first");
  run.closesStdin();
  input.tell(() => bytes("too late"));
  await run.fails();
  const next = new Run();
  input.begin(next, NONE);
  await within(input.write(bytes("second"), "A"), "the bytes to be taken");
  assertEquals(await next.read(), "second");
});

/** A run whose stdin is read by the test. */
class Run implements ReadingRun {
  isEnding = false;
  readonly #pipe = new MemoryPipe();
  readonly #exited = Promise.withResolvers<Exit>();
  readonly child: ReadingRun["child"] = {
    stdin: new Input(this.#pipe),
    exited: this.#exited.promise,
  };

  /** What has been written so far. */
  async read(): Promise<string> {
    const chunk = await this.#pipe.read(new Uint8Array(65536));
    return new TextDecoder().decode(chunk!);
  }

  closesStdin(): void {
    void this.#pipe.cancel();
  }

  async fails(): Promise<void> {
    this.#exited.resolve({ code: 1, signal: null });
    await pause(0);
  }
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
