/** The environment of a program, side by side with the original's for the same requests. */
import { assertEquals } from "@std/assert";
import { LACKS_ORIGINAL } from "../helpers/machine.ts";
import { Original } from "../helpers/original.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { RawClient, type UpgradeOptions } from "../helpers/raw_client.ts";

type Env = Record<string, string>;

/** Different for every connection, and tested by their form elsewhere. */
const CHANGING = ["REMOTE_PORT", "UNIQUE_ID"];
/** Different on purpose, for every request. */
const ON_PURPOSE: Env = {
  GATEWAY_INTERFACE: "CGI/1.1", // as the original's newest version; 0.4.1 has a name of its own
  PYTHONUNBUFFERED: "1", // --unbuffer=env
};

async function envFor(port: number, request: UpgradeOptions): Promise<Env> {
  using client = await RawClient.open(port, request);
  const { messages } = await client.all();
  const env = Object.fromEntries(messages.map((line) => {
    const text = String(line), equals = text.indexOf("=");
    return [text.slice(0, equals), text.slice(equals + 1)];
  }));
  env.SERVER_SOFTWARE = env.SERVER_SOFTWARE.replace(/\/.*/, "");
  for (const name of CHANGING) delete env[name];
  return env;
}

/** What differs between two environments, by name: [theirs, ours]. */
function differences(
  theirs: Env,
  ours: Env,
): Record<string, [string | null, string | null]> {
  const names = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
  return Object.fromEntries(
    [...names].filter((name) => theirs[name] !== ours[name]).sort()
      .map((name) => [name, [theirs[name] ?? null, ours[name] ?? null]]),
  );
}

for (
  const [what, request, passEnv, expected] of [
    ["a plain request", {}, undefined, {}],
    [
      "a path and a query",
      { path: "/foo/b%20r;x/%C3%A9?a=b&c=%20?d" },
      undefined,
      {},
    ],
    ["an empty query", { path: "/?" }, undefined, {}],
    ["an encoded slash", { path: "/a%2Fb" }, undefined, {}],
    [
      "a Host without port",
      { headers: { Host: "example.org" } },
      undefined,
      {},
    ],
    [
      "a Host with IPv6 and port",
      { headers: { Host: "[::1]:8080" } },
      undefined,
      {},
    ],
    [
      "headers of all kinds",
      {
        headers: {
          "x-foo": "1",
          "X-Weird.Name": "2",
          "X-Empty": "",
          "X-Twice": ["a", "b"],
          "X-Spaces": " \t a  b ",
          "X-Utf8": "gr\xc3\xbc\xc3\x9f",
          X_Under: "u",
          "User-Agent": "() { :;}; echo",
          Authorization: "Basic eDp5",
          Cookie: "a=1; b=2",
          "Sec-WebSocket-Protocol": "chat",
          "Sec-WebSocket-Extensions": "permessage-deflate",
          Origin: "http://example.org:1234",
        },
      },
      undefined,
      {},
    ],
    [
      "Connection: keep-alive, Upgrade",
      { headers: { Connection: "keep-alive, Upgrade", Upgrade: "WebSocket" } },
      undefined,
      {},
    ],
    [
      "quotes and shell signs in the query",
      { path: `/?"'$(x)\`|<>` },
      undefined,
      {},
    ],
    [
      "newlines in the path",
      { path: "/a%0Ab%0D%0Ac%0dREMOTE_USER=x" },
      undefined,
      {},
    ],
    [
      "signs that may stand in a path",
      { path: "/a'(b)$c;d=e,f:g@h!i*j+k~l" },
      undefined,
      {},
    ],
    [
      "--passenv",
      {},
      "WSD_A,WSD_LINES,WSD_EMPTY,WSD_NONE,HTTPS,REMOTE_ADDR",
      {},
    ],
    ["--passenv of SERVER_SOFTWARE", {}, "SERVER_SOFTWARE", {}],
    ["empty --passenv", {}, "", {}],

    [
      "Proxy, which is no HTTP_PROXY here",
      { headers: { Proxy: "http://evil" } },
      undefined,
      {
        HTTP_PROXY: ["http://evil", null],
      },
    ],
    [
      "a target with what a client should have encoded, left as sent here",
      { path: `/"<h\xc3\xa9>?\xc3\xa9` },
      undefined,
      {
        REQUEST_URI: ["/%22%3Ch%C3%A9%3E?é", `/"<hé>?é`],
      },
    ],
    [
      "a Host with IPv6 and no port, without brackets here as with one",
      { headers: { Host: "[::1]" } },
      undefined,
      {
        SERVER_NAME: ["[::1]", "::1"],
      },
    ],
    [
      "a header named like a passed variable, which does not win here",
      { headers: { "Api-Key": "evil" } },
      "HTTP_API_KEY",
      {
        HTTP_API_KEY: ["evil", "mine"],
      },
    ],
    [
      "two Cookie headers, joined as cookies are here",
      { headers: { Cookie: ["a=1", "b=2"] } },
      undefined,
      {
        HTTP_COOKIE: ["a=1, b=2", "a=1; b=2"],
      },
    ],
    [
      "a Host in upper case with a final dot, tidied up here",
      { headers: { Host: "Example.ORG." } },
      undefined,
      {
        SERVER_NAME: ["Example.ORG.", "example.org"],
      },
    ],
  ] as [
    string,
    UpgradeOptions,
    string | undefined,
    Record<string, [string | null, string | null]>,
  ][]
) {
  Deno.test({
    name: `the environment is as the original's for ${what}`,
    ignore: LACKS_ORIGINAL,
    async fn(): Promise<void> {
      const variables: Env = {
        WSD_A: "1",
        WSD_LINES: " a\nb ",
        WSD_EMPTY: "",
        HTTPS: "on",
        REMOTE_ADDR: "mine",
        SERVER_SOFTWARE: "mine",
        HTTP_API_KEY: "mine",
      };
      const same = {
        ...request,
        headers: { Host: "example.org:1234", ...request.headers },
      };
      const flags = passEnv === undefined ? [] : [`--passenv=${passEnv}`];
      await using original = await Original.start([...flags, "env"], variables);
      for (const [name, value] of Object.entries(variables)) {
        Deno.env.set(name, value);
      }
      try {
        await using server = await ProgramServer.start({
          command: "env",
          host: ["*"],
          origin: ["*"],
          ...(passEnv !== undefined && { passEnv: passEnv.split(",") }),
        });
        const theirs = await envFor(original.port, same);
        const ours = await envFor(server.port, same);
        const found = differences(theirs, ours);
        for (const [name, value] of Object.entries(ON_PURPOSE)) {
          assertEquals(found[name]?.[1], value, name);
          delete found[name];
        }
        assertEquals(found, expected);
      } finally {
        for (const name of Object.keys(variables)) Deno.env.delete(name);
      }
    },
  });
}
