/**
 * Who a client is, before it gets anything.
 *
 * @module
 */
import type { EventSink, RequestInfo } from "../events.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { cgiEnv, type ProgramEnv } from "./cgi_env.ts";
import type { Arrival, RequestHead } from "./exchange.ts";
import { refuse } from "./refuse.ts";
import { describeRequest, targetOf } from "./request.ts";

/** What admitting needs to know. */
export interface AdmitContext {
  readonly authenticator: Authenticator;
  readonly env: ProgramEnv;
  readonly onEvent: EventSink;
}

/** Finds out who a client is. A response, if it has to prove more. */
export async function admit(
  { raw, visitor, info }: Arrival<RequestHead>,
  { authenticator, env, onEvent }: AdmitContext,
): Promise<RequestInfo | Response> {
  const result = await authenticator.authenticate(raw, visitor, (request) => {
    const target = targetOf(request);
    const info = describeRequest(request, target, visitor);
    return cgiEnv({ ...env, id: "", info, target, headers: request.headers });
  });
  if (result instanceof Response) return result;
  if ("reason" in result) return refuse(result, info, onEvent);
  return { ...info, user: result.user, authType: result.authType };
}
