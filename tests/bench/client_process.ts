import { fileURLToPath } from "node:url";
import { deadline } from "./deadline.ts";
import type { Job } from "./job.ts";
import { type Processes, StderrTail } from "./processes.ts";

const CLIENT = fileURLToPath(new URL("./client.ts", import.meta.url));

/** A running client: see `client.ts`. It is ready for its job, warm and connected where the job says so, once `start` has returned. */
export class ClientProcess implements AsyncDisposable {
  #processes: Processes;
  #child: Deno.ChildProcess;
  #stderr: StderrTail;
  #stdin: WritableStreamDefaultWriter<Uint8Array>;
  #stdout: ReadableStreamDefaultReader<string>;
  #unread = "";
  #deadlineMs: number;

  private constructor(processes: Processes, job: Job) {
    this.#processes = processes;
    this.#child = processes.start([
      Deno.execPath(),
      "run",
      "--no-config",
      "--allow-net=127.0.0.1",
      CLIENT,
      JSON.stringify(job),
    ], {
      stdin: "piped",
      stdout: "piped",
    });
    this.#stderr = new StderrTail(this.#child.stderr);
    this.#stdin = this.#child.stdin.getWriter();
    this.#stdout = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    // The client's own deadline comes first and says more; this one is for a client that is stuck.
    this.#deadlineMs = job.deadlineMs + 2000;
  }

  static async start(processes: Processes, job: Job): Promise<ClientProcess> {
    const client = new ClientProcess(processes, job);
    try {
      await client.#report();
      return client;
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Lets the client do the next stage of its job and gives what it reports. */
  async next(): Promise<Record<string, number>> {
    await this.#stdin.write(new Uint8Array(1));
    return await this.#report();
  }

  /** Lets the client close its connections and waits until it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close().catch(() => {});
    const ended = this.#child.status.then(() => {});
    await deadline(ended, { ms: 2000, action: "end a client" }).catch(() =>
      this.#processes.end(this.#child)
    );
    await this.#stdout.cancel().catch(() => {});
  }

  async #report(): Promise<Record<string, number>> {
    const text = await deadline(this.#line(), {
      ms: this.#deadlineMs,
      action: "hear from the client",
    });
    const report = JSON.parse(text);
    if (report.error !== undefined) throw new Error(`Client: ${report.error}`);
    return report;
  }

  async #line(): Promise<string> {
    while (!this.#unread.includes("\n")) {
      const { value, done } = await this.#stdout.read();
      if (done) {
        throw new Error(
          `Cannot hear from the client: it has ended. ${this.#stderr}`,
        );
      }
      this.#unread += value;
    }
    const end = this.#unread.indexOf("\n");
    const text = this.#unread.slice(0, end);
    this.#unread = this.#unread.slice(end + 1);
    return text;
  }
}
