import { OptionError } from "../errors.ts";

/** Where the brokers are, and which servers belong together. */
export interface RelayPlace {
  /** Addresses of brokers of one cluster, `host:port`. */
  readonly servers: readonly string[];
  /** The path of the URL: servers with the same one serve one program. */
  readonly group: string;
  /** Whether to speak TLS: the scheme is `tls`. */
  readonly tls: boolean;
  readonly user?: string;
  readonly password?: string;
  /** What stands alone before `@`. */
  readonly token?: string;
}

const FORM =
  "write nats://HOST:PORT/GROUP, or tls:// for TLS; several hosts with commas";

/**
 * Reads the address of a relay: `nats://user:password@host:4222,other:4222/group`.
 * Port 4222 and the group `websocketd` are the defaults.
 *
 * @throws {OptionError} If it is none.
 */
export function parseRelayUrl(text: string): RelayPlace {
  const wrong = (why: string) =>
    new OptionError(
      `Cannot use --relay=${hideSecrets(text)}: ${why} (${FORM})`,
    );
  const parts = /^(nats|tls):\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^/?#]*)\/?)?$/
    .exec(text);
  if (parts === null) throw wrong("not the address of a NATS server");
  const [, scheme, credentials, hosts, path = ""] = parts;
  const group = path === "" ? "websocketd" : path;
  // It becomes part of subjects, where dots, stars and spaces have a meaning.
  if (!/^[\w-]{1,64}$/.test(group)) {
    throw wrong("a group has 1 to 64 letters, digits, dashes or underscores");
  }
  const servers = hosts.split(",").map((host) => {
    if (!URL.canParse(`http://${host}`) || host === "") {
      throw wrong(`"${host}" is no host`);
    }
    return /:\d+$/.test(host) ? host : `${host}:4222`;
  });
  return {
    servers,
    group,
    tls: scheme === "tls",
    ...credentialsOf(credentials, wrong),
  };
}

/** A URL as it may be shown: without user, password and token. */
export function hideSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//***@");
}

function credentialsOf(
  text: string | undefined,
  wrong: (why: string) => OptionError,
): Pick<RelayPlace, "user" | "password" | "token"> {
  if (text === undefined || text === "") return {};
  const at = text.indexOf(":");
  const decode = (part: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw wrong("user and password are not percent-encoded rightly");
    }
  };
  if (at < 0) return { token: decode(text) };
  return {
    user: decode(text.slice(0, at)),
    password: decode(text.slice(at + 1)),
  };
}
