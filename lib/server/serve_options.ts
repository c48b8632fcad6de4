/**
 * Where and how to listen.
 *
 * @module
 */
import {
  checkAll,
  type Checks,
  each,
  fits,
  isString,
  isWhole,
  oneOf,
  SWITCH,
} from "../check.ts";
import { OptionError } from "../errors.ts";
import { checkOptions, type Options } from "../options.ts";
import { PLATFORM } from "../process/platform.ts";

/** What carries the WebSockets: `native` is the runtime's own, `wire` is this library's. */
export type EngineName = "native" | "wire";

/**
 * Where and how to listen.
 *
 * @example
 * ```ts
 * import { serve } from "@websocketd/websocketd";
 *
 * const server = await serve({
 *   command: "cat",
 *   address: ["127.0.0.1"],
 *   port: 0,
 *   engine: "wire",
 * });
 * await server.drain();
 * ```
 */
export interface ListenOptions {
  /** Port on every address; 0 picks a free one. Default: 8080, with TLS 8443. */
  readonly port?: number;
  /**
   * Addresses to listen on: IP addresses, IPv6 with or without brackets, host
   * names, `*` for all. Default: `127.0.0.1` and `[::1]`, or none if there is
   * only a unix socket to listen on.
   */
  readonly address?: readonly string[];
  /**
   * Path of a unix socket to listen on: alone, unless a port, an address or a
   * port to redirect is given. One that nobody listens on any more is replaced.
   */
  readonly unixSocket?: string;
  /** Permissions of the unix socket, such as `0o660`. Default: what the umask leaves. */
  readonly unixSocketMode?: number;
  /** Whether to listen with TLS. Takes `sslCert` and `sslKey`. @default {false} */
  readonly ssl?: boolean;
  /** Path of the certificate and its chain, PEM. Read again when it changes. */
  readonly sslCert?: string;
  /** Path of the certificate's key, PEM. */
  readonly sslKey?: string;
  /** Path of the certificates, PEM, one of which must have signed that of a client. Takes the wire engine. Default: clients are asked for none. */
  readonly sslCa?: string;
  /** Another port, without TLS, where every request is redirected to the first. Default: none. */
  readonly redirPort?: number;
  /**
   * What carries the WebSockets.
   *
   * Default: `native`, or `wire` if an option asks for what only that can:
   * `compress` and `sslCa`.
   */
  readonly engine?: EngineName;
  /**
   * Threads that serve, each with a part of the clients; limits hold over all
   * of them. 0 is one for each processor. More than one takes Linux and Deno's
   * `--unstable-net`, and goes with neither `program`, `unixSocket` nor `once`.
   *
   * @default {1}
   */
  readonly workers?: number;
  /** Where to answer `metrics` and `health`, as in `127.0.0.1:9100`. Default: where clients connect. */
  readonly adminAddress?: string;
  /** Ends the server after the first session. @default {false} */
  readonly once?: boolean;
}

/** Where to listen, besides how to serve. */
export interface ServeOptions extends Options, ListenOptions {}

/** Listening, with what depends on other options decided. */
export interface ListenPlan extends ListenOptions {
  readonly port: number;
  /** Whether to listen on TCP at all. */
  readonly tcp: boolean;
  readonly engine: EngineName;
  readonly tls: TlsFiles | null;
}

/** The files that TLS takes. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile?: string;
}

/**
 * Checks all options, each by itself and together.
 *
 * @throws {OptionError} If they cannot be used.
 */
export function planListening(options: ServeOptions): ListenPlan {
  checkOptions(options);
  checkAll(listenOptionsOf(options), CHECKS);
  checkWorkers(options);
  if (options.once && options.share !== undefined) {
    throw new OptionError(
      "Cannot use once (--once) with share (--share): one client shares with nobody; leave one of them out",
    );
  }
  const { unixSocket, address, port, redirPort, adminAddress } = options;
  const { metrics, health } = options;
  if (adminAddress !== undefined && (metrics ?? health) === undefined) {
    throw new OptionError(
      "Cannot use adminAddress (--adminaddress) without metrics (--metrics) or health (--health): there is nothing to answer there",
    );
  }
  const tls = tlsFiles(options);
  return {
    ...options,
    tls,
    port: port === undefined ? (tls === null ? 8080 : 8443) : port,
    tcp: unixSocket === undefined || address !== undefined ||
      port !== undefined || redirPort !== undefined,
    engine: chooseEngine(options),
  };
}

/** How many threads are to serve. */
export function workerCount({ workers = 1 }: ListenOptions): number {
  return workers === 0 ? navigator.hardwareConcurrency : workers;
}

/** @throws {OptionError} If several threads are asked for, and cannot be had. */
function checkWorkers(
  {
    workers = 1,
    unixSocket,
    once,
    program,
    share,
    resumeMs = 0,
  }: ServeOptions,
): void {
  // Also 0, which is 1 on a machine with one processor: what works must not depend on that.
  if (workers === 1) return;
  const why = PLATFORM !== "linux"
    ? "on this system: only Linux hands the clients of one port to several threads"
    : unixSocket !== undefined
    ? "with unixSocket (--unixsocket): the clients of a unix socket cannot be shared out; leave one of them out"
    : share !== undefined
    ? "with share (--share): the clients of one program belong to one thread; leave one of them out"
    : resumeMs > 0
    ? "with resumeMs (--resume): a client that comes back may come to another thread; leave one of them out"
    : once
    ? "with once (--once): one client takes one thread; leave one of them out"
    : program !== undefined
    ? "with program: a function cannot be handed to another thread; leave one of them out"
    : !sharesPorts()
    ? 'without --unstable-net: start Deno with that flag, or add "net" to "unstable" in deno.json'
    : null;
  if (why !== null) {
    throw new OptionError(`Cannot use several workers (--workers) ${why}`);
  }
}

/** Whether the runtime lets a port be shared. Asking it to if it does not would end the process. */
function sharesPorts(): boolean {
  return "listenDatagram" in Deno && Deno.listenDatagram !== undefined;
}

/** @throws {OptionError} If the engine asked for lacks something else that is asked for. */
function chooseEngine(
  { engine, compress, sslCa }: ServeOptions,
): EngineName {
  const asking = compress
    ? "compress (--compress)"
    : sslCa !== undefined
    ? "sslCa (--sslca)"
    : null;
  if (asking === null) return engine ?? "native";
  if (engine === "native") {
    throw new OptionError(
      `Cannot use ${asking} with the native engine: leave --engine=native out`,
    );
  }
  return "wire";
}

function tlsFiles(
  { ssl, sslCert, sslKey, sslCa }: ServeOptions,
): TlsFiles | null {
  if (!ssl) {
    if (sslCert !== undefined || sslKey !== undefined || sslCa !== undefined) {
      throw new OptionError(
        "Cannot use a certificate without TLS: set ssl (--ssl) as well",
      );
    }
    return null;
  }
  if (sslCert === undefined || sslKey === undefined) {
    throw new OptionError(
      "Cannot listen with TLS without a certificate: set sslCert (--sslcert) and sslKey (--sslkey)",
    );
  }
  return {
    certFile: sslCert,
    keyFile: sslKey,
    ...(sslCa !== undefined && { caFile: sslCa }),
  };
}

/** An IPv6 address with or without brackets, or anything else without a colon. */
const ADDRESS =
  /^(?:\[[0-9a-f:.]+(?:%\w+)?\]|(?=.*:.*:)[0-9a-f:.]+(?:%\w+)?|[^\s:/[\]]+)$/i;

/** More would be a mistake: each takes some 20 MiB. */
const MAX_WORKERS = 256;

const FILE = fits(
  (value) => isString(value) && value !== "" && !value.includes("\0"),
  "the path of a file",
);

/** For every option the flag that sets it, and what its value must be. */
const CHECKS: Checks<ListenOptions> = {
  // A port that is none is found when it is listened on, as in websocketd.
  port: ["--port", () => null],
  address: [
    "--address",
    each(
      (value) => isString(value) && ADDRESS.test(value),
      "a list of addresses or host names without port, or * for all",
    ),
  ],
  unixSocket: ["--unixsocket", FILE],
  unixSocketMode: [
    "--unixsocketmode",
    fits(
      (value) => isWhole(value) && value >= 0 && value <= 0o777,
      "permissions such as 0660",
    ),
  ],
  ssl: ["--ssl", SWITCH],
  sslCert: ["--sslcert", FILE],
  sslKey: ["--sslkey", FILE],
  sslCa: ["--sslca", FILE],
  redirPort: [
    "--redirport",
    fits(
      (value) => isWhole(value) && value >= 0 && value <= 65535,
      "a whole number from 0 to 65535",
    ),
  ],
  engine: ["--engine", oneOf("native", "wire")],
  workers: [
    "--workers",
    fits(
      (value) => isWhole(value) && value >= 0 && value <= MAX_WORKERS,
      `a whole number from 1 to ${MAX_WORKERS}, or 0 for one for each processor`,
    ),
  ],
  adminAddress: [
    "--adminaddress",
    fits(
      (value) => isString(value) && parsePlace(value) !== null,
      "an address and a port, as in 127.0.0.1:9100",
    ),
  ],
  once: ["--once", SWITCH],
};

/** Takes `127.0.0.1:9100`, `[::1]:9100`, `localhost:9100` or `:9100` (on loopback) apart. Null if it is none of them. */
export function parsePlace(
  place: string,
): { readonly hostname: string; readonly port: number } | null {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/[\]]*):(\d{1,5})$/i.exec(place);
  if (match === null || Number(match[2]) > 65535) return null;
  const hostname = match[1].replace(/^\[|\]$/g, "") || "127.0.0.1";
  return { hostname, port: Number(match[2]) };
}

/** The options that are about listening, and nothing else. */
function listenOptionsOf(options: ServeOptions): ListenOptions {
  return Object.fromEntries(
    Object.keys(CHECKS).map((name) => [
      name,
      options[name as keyof ListenOptions],
    ]),
  );
}
