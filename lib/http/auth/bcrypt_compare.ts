/**
 * Compares a password with a hash, which takes 80 ms of a processor and more:
 * run as a worker, it does so for whoever sends it pairs.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { BCRYPT_WORKER } from "./bcrypt_worker.ts";

/**
 * Whether a password belongs to a hash.
 *
 * @throws {Error} If the package that knows bcrypt cannot be loaded.
 */
export async function compareBcrypt(
  password: string,
  hash: string,
): Promise<boolean> {
  const { default: bcrypt } = await import("bcryptjs");
  return await bcrypt.compare(password, hash);
}

if (workerData === BCRYPT_WORKER) {
  parentPort!.on("message", async ([password, hash]: [string, string]) => {
    parentPort!.postMessage(await compareBcrypt(password, hash));
  });
}
