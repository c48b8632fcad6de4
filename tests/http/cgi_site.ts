/**
 * CGI scripts behind a real server, in the process of the test.
 *
 * @module
 */
import type { Event } from "../../lib/events.ts";
import { cgi, type CgiOptions } from "../../lib/http/cgi.ts";
import { clientOf } from "../../lib/http/client.ts";
import type { Responder } from "../../lib/http/exchange.ts";
import { describeRequest, targetOf } from "../../lib/http/request.ts";
import { textResponse } from "../../lib/http/response.ts";
import { Sessions, type SlotOptions } from "../../lib/session/sessions.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { type Answer, RawClient } from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";

/** What a request is answered with that no script answers. */
export const NOT_FOUND = "nothing here\n";

/** How a site is made. */
export interface CgiSiteOptions
  extends Partial<Omit<CgiOptions, "sessions" | "onEvent">>, SlotOptions {
  /** Scripts by path: what follows `#!/bin/sh`. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** Answers what no script answers. */
  readonly next?: Responder;
}

/** A directory of scripts, a server for it, and a secret beside it. */
export class CgiSite implements AsyncDisposable {
  readonly scratch = new Scratch();
  readonly sessions: Sessions;
  readonly events: Event[] = [];
  /** Errors the runtime was told about: bodies that were cut off. */
  readonly failures: unknown[] = [];
  /** The directory that is served. */
  readonly root: string = this.scratch.file("cgi");
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor({ scripts = {}, next, ...options }: CgiSiteOptions = {}) {
    Deno.mkdirSync(this.root);
    Deno.writeTextFileSync(this.scratch.file("secret.txt"), "the secret");
    this.scratch.script("outside.cgi", "#!/bin/sh\necho\necho the secret\n");
    for (const [path, text] of Object.entries(scripts)) {
      this.script(path, `#!/bin/sh\n${text}\n`);
    }
    this.sessions = new Sessions(options);
    const answer: Responder = async (exchange) =>
      await scripted(exchange) ?? await next?.(exchange) ?? null;
    const scripted = cgi({
      cgiDir: this.root,
      env: {
        passed: {
          PATH: Deno.env.get("PATH")!,
          DIR: this.scratch.path,
        },
        passNames: new Set(["PATH", "DIR"]),
        set: {},
      },
      access: {},
      redirect: answer,
      ...options,
      sessions: this.sessions,
      onEvent: (event) => this.events.push(event),
    });
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
      onError: (error) => {
        this.failures.push(error);
        return textResponse(500, "failed");
      },
    }, async (request, info) => {
      const target = targetOf(request);
      const client = describeRequest(request, target, clientOf(info));
      return await answer({ request, target, info: client }) ??
        textResponse(404, NOT_FOUND.trim());
    });
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** Writes an executable file below the directory that is served. */
  script(path: string, text: string): void {
    const file = `${this.root}/${path}`;
    Deno.mkdirSync(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(file, text);
    Deno.chmodSync(file, 0o755);
  }

  /** Asks; redirects are not followed. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(`http://127.0.0.1:${this.port}${path}`, {
      redirect: "manual",
      ...init,
    });
  }

  /** The body of what {@linkcode fetch} gets. */
  async text(path: string, init?: RequestInit): Promise<string> {
    return await (await this.fetch(path, init)).text();
  }

  /** Asks for a path that goes out as it stands; HTTP/1.0, so that the body comes as it is. Characters are bytes. */
  async raw(path: string, method = "GET", more = ""): Promise<Answer> {
    using client = await RawClient.connect(this.port);
    await client.write(
      `${method} ${path} HTTP/1.0\r\nHost: localhost\r\n${more}\r\n`,
    );
    return { ...await client.head(), body: await client.rest() };
  }

  /** The process ids that scripts have written into `pids`. */
  async pids(count: number): Promise<number[]> {
    return await eventually(
      () => {
        const lines = this.scratch.lines("pids");
        return lines.length >= count && lines.map(Number);
      },
      `${count} processes to tell their ids`,
    );
  }

  /** Sentences of `error` events and of refusals. */
  get problems(): string[] {
    return this.events
      .filter(({ type }) => type === "error" || type === "session.refused")
      .map((event) => "message" in event ? event.message : "");
  }

  /** What scripts have printed on stderr. */
  get stderr(): string[] {
    return this.events.flatMap((event) =>
      event.type === "child.stderr" ? [event.line] : []
    );
  }

  /** Waits until no script holds a slot. */
  async idle(): Promise<void> {
    await eventually(() => this.sessions.size === 0, "all slots to be free");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(this.sessions.kill(), "the scripts to end");
    await within(this.#server.shutdown(), "the server to end");
    this.scratch[Symbol.dispose]();
  }
}
