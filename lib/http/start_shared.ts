import type { RequestInfo } from "../events.ts";
import { cgiEnv, type ProgramEnv } from "./cgi_env.ts";
import type { OpeningContext } from "./opening.ts";
import type { FindProgram } from "./program.ts";
import { createSessionId } from "./session_id.ts";
import { sharedEnv, sharedPlace } from "./sharing.ts";

/** What starting a shared program needs to know. */
export interface StartContext extends OpeningContext {
  readonly findProgram: FindProgram | null;
  readonly env: ProgramEnv;
}

/** Starts the program that all clients share before any of them has come. Its environment says nothing of a client. */
export async function startShared(context: StartContext): Promise<void> {
  const { share, findProgram, hubs, framing, relay, onEvent } = context;
  if (share === null || findProgram === null) return;
  const located = await findProgram(TARGET);
  if ("reason" in located) return;
  const headers = new Headers();
  const id = createSessionId();
  const { program, command } = located;
  const { key, name } = sharedPlace(share, located, TARGET, headers);
  const env = cgiEnv({
    ...context.env,
    id,
    info: NOBODY,
    target: TARGET,
    headers,
  });
  hubs.start(key, {
    info: { ...NOBODY, id, command, hub: name },
    program,
    env: sharedEnv(env),
    framing,
    onEvent,
    isPrivate: false,
    relay: relay === null ? undefined : (hub) => relay.open(key, hub),
  });
}

const TARGET = { uri: "/", rawPath: "/", query: "", path: "/" };

/** No client. */
const NOBODY: RequestInfo = {
  remoteAddr: "",
  remoteHost: "",
  remotePort: 0,
  method: "GET",
  url: "",
  origin: null,
  user: "",
  authType: "",
  certificate: null,
  requestId: null,
};
