/**
 * Proxies in front of the server, started with the configurations in
 * `examples/recipes/`.
 *
 * @module
 */
import { eventually, within } from "../helpers/deadline.ts";
import { Scratch } from "../helpers/scratch.ts";
import { pathOf } from "./example.ts";

/** How a recipe becomes a proxy that runs beside others, without root. */
export interface Proxy {
  readonly program: string;
  /** Its configuration in `examples/`. */
  readonly recipe: string;
  /** The words behind the program. */
  args(config: string, directory: string): string[];
  /** The configuration with other ports and places, and else as it is. */
  adapt(text: string, port: number, directory: string): string;
}

/** nginx in one process, with all its files in a directory. */
const nginx = (recipe: string): Proxy => ({
  program: "nginx",
  recipe,
  args: (config, directory) => ["-p", directory, "-c", config, "-e", "stderr"],
  adapt: (text, port, directory) => `
    daemon off;
    master_process off;
    pid ${directory}/pid;
    error_log stderr;
    events {}
    http {
      access_log off;
      ${
    ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${directory}/${name};`).join("\n")
  }
      ${replaced(text, "listen 80;", `listen 127.0.0.1:${port};`)}
    }`,
});

export const NGINX: Proxy = nginx("recipes/nginx.conf");
export const NGINX_AUTH: Proxy = nginx("recipes/nginx_auth.conf");

export const CADDY: Proxy = {
  program: "caddy",
  recipe: "recipes/Caddyfile",
  args: (config) => ["run", "--adapter", "caddyfile", "--config", config],
  adapt: (text, port, directory) => `
    {
      admin off
      auto_https off
      default_bind 127.0.0.1
      storage file_system ${directory}
    }
    ${replaced(text, "\nexample.com {", `\nhttp://example.com:${port} {`)}`,
};

export const HAPROXY: Proxy = {
  program: "haproxy",
  recipe: "recipes/haproxy.cfg",
  args: (config) => ["-db", "-f", config],
  adapt: (text, port) =>
    replaced(text, "bind 127.0.0.1:8080", `bind 127.0.0.1:${port}`),
};

/** Text with one part replaced that has to be in it, everywhere. */
export function replaced(text: string, part: string, by: string): string {
  if (!text.includes(part)) throw new Error(`There is no ${part} in ${text}`);
  return text.replaceAll(part, by);
}

/** A running proxy. Ended at the end of the scope it is declared in. */
export class Front implements AsyncDisposable {
  readonly port: number;
  readonly #scratch: Scratch;
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void>;
  #said = "";

  private constructor(
    { program, recipe, args, adapt }: Proxy,
    change: (text: string) => string,
  ) {
    this.#scratch = new Scratch();
    this.port = freePort();
    const text = change(Deno.readTextFileSync(pathOf(recipe)));
    const config = this.#scratch.file("config");
    const { path } = this.#scratch;
    Deno.writeTextFileSync(config, adapt(text, this.port, path));
    this.#child = new Deno.Command(program, {
      args: args(config, path),
      // Caddy keeps what it has to keep at home.
      env: { HOME: path, XDG_CONFIG_HOME: path, XDG_DATA_HOME: path },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#read = this.#follow();
  }

  /**
   * Starts a proxy on a free port and waits until it listens.
   *
   * @param change What else to change in the recipe, such as where the server is.
   */
  static async start(
    proxy: Proxy,
    change: (text: string) => string,
  ): Promise<Front> {
    const front = new Front(proxy, change);
    try {
      await eventually(
        () => isListening(front.port),
        () => `${proxy.program} to listen: ${front.#said}`,
      );
      return front;
    } catch (error) {
      await front[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await within(this.#read, "the proxy's output to end");
    this.#scratch[Symbol.dispose]();
  }

  async #follow(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.#said += decoder.decode(chunk, { stream: true });
    }
  }
}

/** A port that was free a moment ago: proxies cannot say which they have taken. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Whether something accepts connections on a port of 127.0.0.1. */
export async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
