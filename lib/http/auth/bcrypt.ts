/**
 * Bcrypt beside the event loop.
 *
 * @module
 */
import type { Worker } from "node:worker_threads";
import { builtin } from "../../builtin.ts";
import { BCRYPT_WORKER } from "./bcrypt_worker.ts";

/** How long a worker that has nothing to do is kept, in milliseconds. It holds some 20 MiB. */
const IDLE_MS = 10_000;

/**
 * Compares passwords in a worker, which is started when it is needed, and
 * where there are no workers on the event loop, in steps of up to 100 ms.
 */
export class Bcrypt {
  readonly #source: string;
  readonly #idleMs: number;
  #worker: Worker | null = null;
  /** Resolved with null if the worker cannot answer. */
  #answer: PromiseWithResolvers<boolean | null> | null = null;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #canWork = true;
  #closed = false;

  /**
   * @param source Where the worker's code is.
   * @param idleMs How long it is kept when it has nothing to do.
   */
  constructor(
    source: string = import.meta.resolve("./bcrypt_compare.ts"),
    idleMs: number = IDLE_MS,
  ) {
    this.#source = source;
    this.#idleMs = idleMs;
  }

  /**
   * Whether a password belongs to a hash; no when closed. To be called again
   * only when it has answered.
   *
   * @throws {Error} If the package that knows bcrypt cannot be loaded.
   */
  async compare(password: string, hash: string): Promise<boolean> {
    const isRight = this.#canWork ? await this.#ask(password, hash) : null;
    if (this.#closed) return false;
    if (isRight !== null) return isRight;
    const { compareBcrypt } = await import("./bcrypt_compare.ts");
    return await compareBcrypt(password, hash);
  }

  /** Ends the worker; a comparison under way says no. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#canWork = false;
    await this.#end();
  }

  async #ask(password: string, hash: string): Promise<boolean | null> {
    clearTimeout(this.#idle);
    this.#answer = Promise.withResolvers();
    try {
      this.#worker ??= this.#start();
      this.#worker.postMessage([password, hash]);
    } catch {
      this.#fail();
    }
    const isRight = await this.#answer.promise;
    if (this.#worker !== null) {
      this.#idle = setTimeout(() => void this.#end(), this.#idleMs);
    }
    return isRight;
  }

  #start(): Worker {
    const { Worker } = builtin("node:worker_threads");
    const worker = new Worker(new URL(this.#source), {
      workerData: BCRYPT_WORKER,
    });
    worker.on("message", (isRight) => this.#answer?.resolve(isRight));
    worker.on("error", () => this.#fail());
    return worker;
  }

  #fail(): void {
    this.#canWork = false;
    void this.#end();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = null;
    this.#answer?.resolve(null);
    try {
      await worker?.terminate();
    } catch {
      // It has ended by itself.
    }
  }
}
