/**
 * What is wrong with a server, or will surprise, before it is started.
 *
 * @module
 */
import { planListening, type ServeOptions } from "../server/serve_options.ts";
import { inspectAccess } from "./access_findings.ts";
import { inspectCertificates } from "./certificate_findings.ts";
import { inspectCommand } from "./command_findings.ts";
import { inspectDirectories } from "./directory_findings.ts";
import type { Finding } from "./finding.ts";
import { inspectLimits } from "./limit_findings.ts";
import { inspectPlaces } from "./place_findings.ts";
import { inspectRelay } from "./relay_findings.ts";
import { inspectRun } from "./run_findings.ts";

/** How {@linkcode diagnose} looks. */
export interface DiagnoseOptions {
  /** Whether to run the program for some seconds. What it does besides printing, it does. @default {true} */
  readonly run?: boolean;
  /** The line to send to a program that prints nothing by itself; null sends nothing. @default {"hello"} */
  readonly send?: string | null;
  /** How long its output is waited for, before that line and after it, in milliseconds. @default {1000} */
  readonly patienceMs?: number;
  /** Ends it: the program is killed, and nothing more is found. */
  readonly signal?: AbortSignal;
}

/**
 * Looks at everything that a server with these options depends on, and serves
 * nothing: the program, its output, directories, ports, certificates, who is let
 * in, the relay, limits of the system. Listens on the ports for a moment and
 * connects to the relay, as nothing else tells whether that can be done.
 *
 * @example
 * ```ts
 * import { diagnose } from "@websocketd/websocketd";
 *
 * for await (const { mark, subject, message } of diagnose({ command: "cat" })) {
 *   if (mark !== "ok") console.log(`${mark}: ${subject}: ${message}`);
 * }
 * ```
 *
 * @returns What is found, one by one, as it is found.
 * @throws {OptionError} If an option cannot be used as it is.
 */
export async function* diagnose(
  options: ServeOptions,
  { run = true, send = "hello", patienceMs, signal }: DiagnoseOptions = {},
): AsyncGenerator<Finding, void, undefined> {
  const plan = planListening(options);
  if (options.command !== undefined) {
    const { findings, path, runner } = inspectCommand(options.command, options);
    yield* findings;
    if (run && path !== null) {
      const found = await inspectRun(path, runner, options, {
        send,
        patienceMs,
        signal,
      });
      if (signal?.aborted) return;
      yield* found;
    }
  }
  yield* inspectDirectories(options);
  yield* await inspectPlaces(plan, options);
  if (plan.tls !== null) yield* await inspectCertificates(plan.tls, options);
  yield* await inspectAccess(options);
  yield* await inspectRelay(options);
  yield* inspectLimits(options.maxForks ?? 1024);
}
