/**
 * Static files behind a real server, in the process of the test.
 *
 * @module
 */
import { clientOf } from "../../lib/http/client.ts";
import { describeRequest, targetOf } from "../../lib/http/request.ts";
import { textResponse } from "../../lib/http/response.ts";
import {
  staticFiles,
  type StaticOptions,
} from "../../lib/http/static_files.ts";
import { type Answer, RawClient } from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";

/** What a request is answered with that nothing answers. */
export const NOT_FOUND = "nothing here\n";

/** The runtime would else print where it listens. */
function ignore(): void {}

/** What a site serves, and how. */
export interface SiteOptions extends Omit<StaticOptions, "staticDir"> {
  /** Contents by path; directories come with their files. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** As in {@linkcode StaticOptions}, but from the directory that is served. */
  readonly except?: readonly string[];
  /** As in {@linkcode StaticOptions}, but from the directory that is served. */
  readonly secrets?: readonly string[];
  /** Symlinks: what they lead to, by path. */
  readonly links?: Readonly<Record<string, string>>;
}

/** A directory with files, a server for it, and a secret beside it. */
export class StaticSite implements AsyncDisposable {
  readonly #scratch = new Scratch();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** The directory that is served. */
  readonly root: string = this.#scratch.file("site");

  constructor({ files = {}, links = {}, ...options }: SiteOptions = {}) {
    Deno.mkdirSync(this.root);
    Deno.writeTextFileSync(this.#scratch.file("secret.txt"), "the secret");
    for (const [path, content] of Object.entries(files)) {
      this.write(path, content);
    }
    for (const [path, target] of Object.entries(links)) {
      Deno.symlinkSync(target, this.#make(path));
    }
    const except = options.except?.map((path) =>
      Deno.realPathSync(this.file(path))
    );
    const secrets = options.secrets?.map((path) => this.file(path));
    const answer = staticFiles({
      ...options,
      except,
      secrets,
      staticDir: this.root,
    });
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: ignore },
      async (request, info) => {
        const target = targetOf(request);
        const client = describeRequest(request, target, clientOf(info));
        return await answer({ request, target, info: client }) ??
          textResponse(404, NOT_FOUND.trim());
      },
    );
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** The path of a file of the site. */
  file(path: string): string {
    return `${this.root}/${path}`;
  }

  write(path: string, content: string | Uint8Array): void {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    Deno.writeFileSync(this.#make(path), bytes);
  }

  /** A file as large as wanted that takes no space on the disk. */
  writeSparse(path: string, size: number): void {
    using file = Deno.openSync(this.#make(path), {
      write: true,
      create: true,
    });
    file.truncateSync(size);
  }

  /** Asks as a browser does; redirects are not followed. */
  async fetch(
    path: string,
    headers: Record<string, string> = {},
    method = "GET",
  ): Promise<Response> {
    return await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers,
      redirect: "manual",
    });
  }

  /** The body of what {@linkcode fetch} gets. */
  async text(path: string): Promise<string> {
    return await (await this.fetch(path)).text();
  }

  /** Asks for a path that goes out as it stands. Characters are bytes. */
  async raw(path: string, method = "GET"): Promise<Answer> {
    using client = await RawClient.connect(this.port);
    return await client.ask(
      `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
  }

  /** How far this process has read each descriptor it has open for a file, from what Linux tells. */
  async positions(path: string): Promise<number[]> {
    const positions: number[] = [];
    for await (const { name } of Deno.readDir("/proc/self/fd")) {
      try {
        if (await Deno.readLink(`/proc/self/fd/${name}`) === this.file(path)) {
          const info = await Deno.readTextFile(`/proc/self/fdinfo/${name}`);
          positions.push(Number(/^pos:\s*(\d+)/m.exec(info)![1]));
        }
      } catch (error) {
        // Closed since the directory was read.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    return positions;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    this.#scratch[Symbol.dispose]();
  }

  #make(path: string): string {
    const file = this.file(path);
    Deno.mkdirSync(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    return file;
  }
}
