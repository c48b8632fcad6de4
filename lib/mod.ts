/**
 * Puts programs behind WebSockets: a program is started for each client, each
 * line it prints is a message to the client, each message from the client is a
 * line on its stdin.
 *
 * The life of a connection, and where to find it:
 *
 * 1. `server/serve.ts` listens; `server/engine.ts` says who reads requests: the
 *    runtime, or `server/wire_server.ts`.
 * 2. `http/router.ts` sends upgrades to `http/upgrade.ts`, which checks
 *    handshake, host, origin and who the client is, finds the program, takes a
 *    slot, makes the environment (`http/cgi_env.ts`) and upgrades. Plain
 *    requests go to console, CGI scripts and files.
 * 3. `session/session.ts` starts the program (`process/command.ts`, or
 *    `process/inline.ts` if it is a function). Where many
 *    clients have one program, or one may come back, `session/hub.ts` runs it,
 *    keeps what it prints (`framing/output_log.ts`), and has a `session/seat.ts`
 *    for each client.
 * 4. `session/bridge.ts` carries the messages: chunks of output through
 *    `framing/` to `socket/`, messages the other way.
 * 5. One of the two ends; `session/session.ts` ends the other:
 *    `process/terminate.ts` the program with all its descendants, the socket
 *    with a close code that says why.
 *
 * @example A server of its own
 * ```ts
 * import { serve } from "@websocketd/websocketd";
 *
 * const server = await serve({ command: "cat", port: 0 });
 * console.log(`ws://localhost:${server.addresses[0].port}/`);
 * await server.drain();
 * ```
 *
 * @module
 */
export { runClient } from "./connect/client.ts";
export type { ClientEnd } from "./connect/client_end.ts";
export type {
  ClientEvent,
  ClientEventSink,
  ReadyState,
} from "./connect/client_events.ts";
export type { ByteSink, ClientOptions } from "./connect/client_options.ts";
export type { DialOptions } from "./connect/dial.ts";
export type { ByteSource } from "./connect/sender.ts";
export { diagnose, type DiagnoseOptions } from "./doctor/diagnose.ts";
export type { Finding, Mark } from "./doctor/finding.ts";
export {
  FramingError,
  LineTooLongError,
  ListenError,
  OptionError,
  SpawnError,
} from "./errors.ts";
export type {
  Event,
  EventSink,
  Exit,
  RefusalReason,
  RequestInfo,
  SessionInfo,
  Stalled,
  Traffic,
} from "./events.ts";
export type { FramingName, FramingOptions } from "./framing/framing.ts";
export { type Handler, handler, type Lifetime } from "./handler.ts";
export type { AuthOptions } from "./http/auth/authenticator.ts";
export type { ProxyOptions } from "./http/forwarded.ts";
export type { AccessOptions } from "./http/origin.ts";
export type { HeaderOptions } from "./http/response.ts";
export type { SharingOptions } from "./http/sharing.ts";
export type { HandshakeOptions } from "./http/upgrade.ts";
export type { Options, ProgramOptions, WebOptions } from "./options.ts";
export type { ProgramFunction, ProgramResult } from "./process/inline.ts";
export type { ProgramIo } from "./process/program_io.ts";
export { resolveCommand } from "./process/resolve_command.ts";
export type { Unbuffer } from "./process/unbuffer.ts";
export { serve, type Server } from "./server/serve.ts";
export type {
  EngineName,
  ListenOptions,
  ServeOptions,
} from "./server/serve_options.ts";
export { endOnSignals } from "./server/signals.ts";
export type { TerminateOptions } from "./process/terminate.ts";
export type { LimitOptions } from "./session/limits.ts";
export type { RelayOptions } from "./relay/relay.ts";
export type { HubOptions } from "./session/hub_options.ts";
export type { SessionOptions } from "./session/session.ts";
export type { SlotOptions } from "./session/sessions.ts";
export type { SocketOptions } from "./socket/socket.ts";
export type { ControlFrame } from "./socket/wire/client_socket.ts";
export { VERSION } from "./version.ts";
