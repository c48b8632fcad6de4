/**
 * Facts about a running server, as one typed stream. The log, the metrics and
 * the caller's own `onEvent` read it. No event is sent for a single message.
 *
 * @module
 */

/** Who asked for what. */
export interface RequestInfo {
  /** Address of the client, without brackets and port. */
  readonly remoteAddr: string;
  /** Name of the client if it was looked up, else the same as `remoteAddr`. */
  readonly remoteHost: string;
  /** Port of the client; 0 on a unix socket. */
  readonly remotePort: number;
  /** HTTP method. */
  readonly method: string;
  /** `http://HOST/path?query` as the client asked for it. Secrets in it are for the reader of the event to hide. */
  readonly url: string;
  /** The `Origin` header, or null. */
  readonly origin: string | null;
  /** Who the client has proved to be; empty if it was not asked. */
  readonly user: string;
  /** How it has proved that, as in `AUTH_TYPE` of CGI (RFC 3875 §4.1.1): `Basic`; empty if it was not asked. */
  readonly authType: string;
  /** Subject of the certificate the client has shown, or null. */
  readonly certificate: string | null;
  /** What a proxy in front calls this request (`X-Request-Id`), or null. */
  readonly requestId: string | null;
}

/** One session, from open to close, or one run of a CGI script. */
export interface SessionInfo extends RequestInfo {
  /** Unique and unguessable; the program sees it as `UNIQUE_ID`. */
  readonly id: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** What all clients of a shared program have in common, in words: `all`, `/path`, `room=a`. Missing if the program is this client's own. */
  readonly hub?: string;
}

/** Why a request was refused, in a form that metrics can count. */
export type RefusalReason =
  | "handshake"
  | "method"
  | "version"
  | "host"
  | "origin"
  | "auth"
  | "program"
  | "limit"
  | "limit-per-ip"
  | "limit-clients"
  | "draining";

/** How a program ended. */
export interface Exit {
  /** Exit status, 0 to 255; 128 + n when it was killed by signal n. */
  readonly code: number;
  /** The signal that killed it, such as `SIGTERM`, or null. */
  readonly signal: string | null;
}

/** Something that happened. `type` tells which. */
export type Event =
  | {
    readonly type: "server.listening";
    /** Where to connect to: `ws://127.0.0.1:8080/`, `http://…` if there is no program for WebSockets, `unix:PATH` on a unix socket. */
    readonly url: string;
    /** The address, or the path of a unix socket. */
    readonly hostname: string;
    /** 0 on a unix socket. */
    readonly port: number;
    /** Who is served there: clients, those who are to be redirected, or who operates the server. */
    readonly purpose: "clients" | "redirect" | "admin";
  }
  | {
    /** A client could not connect: TLS came to nothing. Not sent for one that has left without a word. */
    readonly type: "tls.failed";
    /** Address of the client, as of the connection. */
    readonly remoteAddr: string;
    /** Port of the client; 0 on a unix socket. */
    readonly remotePort: number;
    /** What went wrong, in words or as the TLS library says it. */
    readonly reason: string;
  }
  | {
    /** A plain request was answered; not sent for those for metrics and health, which come all the time. */
    readonly type: "request";
    readonly request: RequestInfo;
    readonly status: number;
    /** What was done: `STATIC`, `CGI`, `DEVCONSOLE`, `CLIENT SCRIPT`, `REDIRECT`, `NOT FOUND`. */
    readonly message: string;
    /** Path of the CGI script that was run; missing if there was none. */
    readonly script?: string;
  }
  | {
    readonly type: "session.refused";
    readonly request: RequestInfo;
    readonly status: number;
    readonly reason: RefusalReason;
    /** One sentence: what is wrong and which flag would allow it. */
    readonly message: string;
  }
  | {
    readonly type: "session.opened";
    readonly session: SessionInfo;
    /** Process id; null if a shared program does not run at the moment. */
    readonly pid: number | null;
    /** How long it took to start the program, in milliseconds; missing if that is told by `hub.started`. */
    readonly startMs?: number;
  }
  | {
    /** The connection was lost. The program goes on, and waits for the client to come back. */
    readonly type: "session.lost";
    readonly session: SessionInfo;
    readonly reason: string;
  }
  | {
    /** The client is back and goes on where it was. */
    readonly type: "session.resumed";
    readonly session: SessionInfo;
    /** Messages that it has missed, and that are gone. */
    readonly lost: number;
  }
  | {
    /** The client was too slow: messages were left out for it. */
    readonly type: "session.skipped";
    readonly session: SessionInfo;
    readonly messages: number;
  }
  | {
    /** A shared program was started, for the first time or again. Its events name it by a `SessionInfo` of its own, made from its first client's. */
    readonly type: "hub.started";
    readonly session: SessionInfo;
    readonly pid: number;
    readonly startMs: number;
    /** How often it was started before. */
    readonly restarts: number;
  }
  | {
    /** A shared program has ended, or could not be started. */
    readonly type: "hub.stopped";
    readonly session: SessionInfo;
    readonly pid: number | null;
    readonly reason: string;
    readonly exit: Exit | null;
    /** When it is started again, in milliseconds from now; null if it is not. */
    readonly againMs: number | null;
  }
  | {
    readonly type: "session.closed";
    readonly session: SessionInfo;
    /** Process id, or null if the program could not be started, or is shared. */
    readonly pid: number | null;
    /** The close code: the one the server sent, or the one the client left with (1006 if it just vanished). */
    readonly code: number;
    readonly reason: string;
    /** How the program ended, or null if it could not be started, or is shared. */
    readonly exit: Exit | null;
    /** From open to close, in milliseconds. */
    readonly durationMs: number;
    /** Messages and payload bytes from the program to the client. */
    readonly sent: Traffic;
    /** Messages and payload bytes from the client to the program. */
    readonly received: Traffic;
    /** How often one side was behind, so that the other was held back. */
    readonly stalls: { readonly client: Stalled; readonly program: Stalled };
  }
  | {
    readonly type: "child.stderr";
    readonly session: SessionInfo;
    readonly pid: number;
    /** One line, without its newline, cut to a length that fits a log. */
    readonly line: string;
  }
  | {
    readonly type: "child.signalled";
    readonly session: SessionInfo;
    readonly pid: number;
    readonly signal: string;
  }
  | {
    /** The connection to other servers (`relay`) was lost or could not be made, or is there again. */
    readonly type: "relay.changed";
    readonly isConnected: boolean;
    readonly message: string;
  }
  | {
    /** A CGI script was started. */
    readonly type: "cgi.started";
    readonly session: SessionInfo;
    readonly pid: number;
    /** How long it took to start it, in milliseconds. */
    readonly startMs: number;
  }
  | {
    /** A CGI script and all that is waited for of it have ended. */
    readonly type: "cgi.ended";
    readonly session: SessionInfo;
    readonly pid: number;
    /** How it ended, or null if it could not be ended. */
    readonly exit: Exit | null;
    /** From its start to its end, in milliseconds. */
    readonly durationMs: number;
  }
  | { readonly type: "drain.started"; readonly sessions: number }
  | { readonly type: "drain.finished"; readonly killed: number }
  | {
    /** Something went wrong that no client is told about; the server goes on. */
    readonly type: "error";
    readonly session?: SessionInfo;
    readonly message: string;
    readonly error?: unknown;
  };

/** A count of messages and of their payload bytes. */
export interface Traffic {
  /** WebSocket messages. */
  readonly messages: number;
  /** Bytes of payload, before compression. */
  readonly bytes: number;
}

/** Waits that were no moments. */
export interface Stalled {
  /** How many there were. */
  readonly count: number;
  /** How long they took together, in milliseconds. */
  readonly ms: number;
}

/**
 * Receives events. It must not throw; if it does, the exception is dropped so
 * that no session suffers.
 *
 * @example
 * ```ts
 * import { type Event, handler } from "@websocketd/websocketd";
 *
 * handler({
 *   command: "cat",
 *   onEvent(event: Event): void {
 *     if (event.type !== "session.closed") return;
 *     console.log(event.session.remoteAddr, event.code, event.reason);
 *   },
 * });
 * ```
 */
export type EventSink = (event: Event) => void;
