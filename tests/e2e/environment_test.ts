/** The environment a program is started with. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ServeOptions } from "../../lib/mod.ts";
import { isMissing } from "../examples/example.ts";
import { within } from "../helpers/deadline.ts";
import { LACKS_IPV6 } from "../helpers/machine.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { KEY, RawClient, type UpgradeOptions } from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";
import { startServer } from "../helpers/server.ts";

const ignore = Deno.build.os === "windows";

/** A server whose program prints its environment, one variable to a message. */
const PRINTS_ENV = {
  command: "env",
  args: ["-0"],
  framing: "nul",
} as const satisfies ServeOptions;

type Env = Record<string, string | undefined>;

/** The environment of the program that a request starts. */
async function envFor(
  port: number,
  options: UpgradeOptions = {},
): Promise<Env> {
  using client = await RawClient.open(port, options);
  const { messages } = await client.all();
  return Object.fromEntries(messages.map((line) => {
    const text = String(line), equals = text.indexOf("=");
    return [text.slice(0, equals), text.slice(equals + 1)];
  }));
}

/** The environment of the program that one request to a new server starts. */
async function envOf(
  options: UpgradeOptions = {},
  served: Partial<ServeOptions> = {},
): Promise<Env> {
  await using server = await ProgramServer.start({ ...PRINTS_ENV, ...served });
  return await envFor(server.port, options);
}

/** Sets variables of this process for a while. */
function withEnv(variables: Env): Disposable {
  const before = Object.keys(variables).map((name) =>
    [name, Deno.env.get(name)] as const
  );
  const set = (name: string, value: string | undefined) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  Object.entries(variables).forEach(([name, value]) => set(name, value));
  return {
    [Symbol.dispose]: () => before.forEach(([name, value]) => set(name, value)),
  };
}

Deno.test({
  name:
    "a program has exactly the CGI variables, the headers, PATH and PYTHONUNBUFFERED",
  ignore,
  async fn(): Promise<void> {
    using _env = withEnv({ LD_LIBRARY_PATH: undefined });
    await using server = await ProgramServer.start(PRINTS_ENV);
    const { UNIQUE_ID, REMOTE_PORT, SERVER_SOFTWARE, ...env } = await envFor(
      server.port,
      { path: "/foo/b%20r;x?a=b&c=%20", headers: { "User-Agent": "test/1" } },
    );
    assertMatch(UNIQUE_ID!, /^\d{28}$/);
    assertMatch(REMOTE_PORT!, /^\d+$/);
    assertMatch(SERVER_SOFTWARE!, /^websocketd\/\d+\.\d+\.\d+$/);
    assertEquals(env, {
      AUTH_TYPE: "",
      CONTENT_LENGTH: "",
      CONTENT_TYPE: "",
      GATEWAY_INTERFACE: "CGI/1.1",
      HTTP_CONNECTION: "Upgrade",
      HTTP_SEC_WEBSOCKET_KEY: KEY,
      HTTP_SEC_WEBSOCKET_VERSION: "13",
      HTTP_UPGRADE: "websocket",
      HTTP_USER_AGENT: "test/1",
      PATH: Deno.env.get("PATH"),
      PATH_INFO: "/foo/b r;x",
      PATH_TRANSLATED: "/foo/b r;x",
      PYTHONUNBUFFERED: "1",
      QUERY_STRING: "a=b&c=%20",
      REMOTE_ADDR: "127.0.0.1",
      REMOTE_HOST: "127.0.0.1",
      REMOTE_IDENT: "",
      REMOTE_USER: "",
      REQUEST_METHOD: "GET",
      REQUEST_URI: "/foo/b%20r;x?a=b&c=%20",
      SCRIPT_NAME: "/",
      SERVER_NAME: "localhost",
      SERVER_PORT: String(server.port),
      SERVER_PROTOCOL: "HTTP/1.1",
    });
  },
});

for (
  const [path, uri, info, query] of [
    ["/", "/", "/", ""],
    ["/?", "/?", "/", ""],
    ["/a?b=c?d", "/a?b=c?d", "/a", "b=c?d"],
    [
      "/%68%C3%A9%2f?%68=%C3%A9+x",
      "/%68%C3%A9%2f?%68=%C3%A9+x",
      "/hé/",
      "%68=%C3%A9+x",
    ],
    ["/h\xc3\xa9?\xc3\xa9", "/hé?é", "/hé", "é"],
    ["//a//b/", "//a//b/", "//a//b/", ""],
    [`/a"b'$(c)?"'$(d)`, `/a"b'$(c)?"'$(d)`, `/a"b'$(c)`, `"'$(d)`],
    ["http://elsewhere.example/a?b", "/a?b", "/a", "b"],
  ]
) {
  Deno.test({
    name: `the path ${
      JSON.stringify(path)
    } is REQUEST_URI=${uri} PATH_INFO=${info} QUERY_STRING=${query}`,
    ignore,
    async fn(): Promise<void> {
      const env = await envOf({ path });
      assertEquals(env.REQUEST_URI, uri);
      assertEquals([env.PATH_INFO, env.PATH_TRANSLATED], [info, info]);
      assertEquals(env.QUERY_STRING, query);
      assertEquals(env.SCRIPT_NAME, "/");
    },
  });
}

for (
  const [host, name, port] of [
    ["localhost:8080", "localhost", "8080"],
    ["[::1]:8080", "::1", "8080"],
    ["[::1]", "::1", "80"],
    ["example.org", "example.org", "80"],
    ["Example.ORG.:81", "example.org", "81"],
    ["127.0.0.1:", "127.0.0.1", "80"],
  ]
) {
  Deno.test({
    name:
      `Host: ${host} is SERVER_NAME=${name} SERVER_PORT=${port}, and no HTTPS`,
    ignore,
    async fn(): Promise<void> {
      const env = await envOf({ headers: { Host: host } }, { host: ["*"] });
      assertEquals([env.SERVER_NAME, env.SERVER_PORT], [name, port]);
      assertEquals([env.HTTPS, env.HTTP_HOST], [undefined, undefined]);
    },
  });
}

for (
  const [what, headers, expected] of [
    [
      "a header of any name",
      { "x-foo": "1", "X-Weird.Name": "2", "ÜX": null },
      {
        HTTP_X_FOO: "1",
        "HTTP_X_WEIRD.NAME": "2",
      },
    ],
    ["two of one name, joined by a comma", { "X-A": ["1", "2"] }, {
      HTTP_X_A: "1, 2",
    }],
    ["cookies of two headers, joined by a semicolon", {
      Cookie: ["a=1", "b=2"],
    }, { HTTP_COOKIE: "a=1; b=2" }],
    ["an empty one", { "X-A": "" }, { HTTP_X_A: "" }],
    ["spaces around a value", { "X-A": " \t a  b \t" }, { HTTP_X_A: "a  b" }],
    ["UTF-8, as sent", { "X-A": "gr\xc3\xbc\xc3\x9f" }, { HTTP_X_A: "grüß" }],
    ["UTF-8 with a byte order mark, as sent", { "X-A": "\xef\xbb\xbfa" }, {
      HTTP_X_A: "\ufeffa",
    }],
    ["Latin-1, as UTF-8: an environment holds nothing else here", {
      "X-A": "gr\xfc\xdf",
    }, { HTTP_X_A: "grüß" }],
    ["quotes and shell signs, as sent", { "X-A": `"'$(x)\`;|<>\\` }, {
      HTTP_X_A: `"'$(x)\`;|<>\\`,
    }],
    ["underscores, if nothing with dashes has the name", { X_User: "u" }, {
      HTTP_X_USER: "u",
    }],
    ["dashes before underscores", {
      X_Remote_User: "evil",
      "X-Remote-User": "proxy",
    }, {
      HTTP_X_REMOTE_USER: "proxy",
    }],
    ["dashes before underscores, in any order and mixture", {
      "X-Remote-User": "proxy",
      "X_Remote-User": "evil",
      "X-Remote_User": "evil",
    }, { HTTP_X_REMOTE_USER: "proxy" }],
    ["Authorization and Origin too", {
      Authorization: "Basic eDp5",
      Origin: "http://o.example",
    }, { HTTP_AUTHORIZATION: "Basic eDp5", HTTP_ORIGIN: "http://o.example" }],
    ["no Proxy (httpoxy)", { Proxy: "http://evil" }, { HTTP_PROXY: undefined }],
    ["no pRoXy either", { pRoXy: "http://evil" }, { HTTP_PROXY: undefined }],
    ["nothing that is named like a variable of its own", {
      "Path": "/evil",
      "Remote-User": "evil",
    }, {
      HTTP_PATH: "/evil",
      REMOTE_USER: "",
      HTTP_REMOTE_USER: "evil",
      CONTENT_LENGTH: "",
    }],
  ] as [string, NonNullable<UpgradeOptions["headers"]>, Env][]
) {
  Deno.test({
    name: `of the headers a program gets ${what}`,
    ignore,
    async fn(): Promise<void> {
      const env = await envOf({ headers }, { origin: ["*"] });
      for (const [name, value] of Object.entries(expected)) {
        assertEquals(env[name], value, name);
      }
    },
  });
}

Deno.test({
  name:
    "of two headers that differ in underscores only one is chosen, always the same",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start(PRINTS_ENV);
    for (
      const headers of [{ "X_A-B": "1", "X-A_B": "2" }, {
        "X-A_B": "2",
        "X_A-B": "1",
      }]
    ) {
      assertEquals((await envFor(server.port, { headers })).HTTP_X_A_B, "1");
    }
  },
});

for (
  const [what, passEnv, expected] of [
    ["PATH and LD_LIBRARY_PATH, unless told otherwise", undefined, {
      PATH: Deno.env.get("PATH"),
      LD_LIBRARY_PATH: "/lib/x",
      WSD_A: undefined,
      HOME: undefined,
    }],
    ["what it is told, and then no PATH", ["WSD_A"], {
      WSD_A: "1",
      PATH: undefined,
      LD_LIBRARY_PATH: undefined,
    }],
    ["nothing, if it is told so", [], { PATH: undefined, WSD_A: undefined }],
    ["nothing for empty names", [""], { PATH: undefined, "": undefined }],
    ["no variable that is empty, blank or not set", [
      "WSD_EMPTY",
      "WSD_BLANK",
      "WSD_NONE",
    ], { WSD_EMPTY: undefined, WSD_BLANK: undefined, WSD_NONE: undefined }],
    ["newlines as spaces, trimmed", ["WSD_LINES"], { WSD_LINES: "a b c" }],
    ["no HTTPS, which would be a lie", ["HTTPS"], { HTTPS: undefined }],
    ["a SERVER_SOFTWARE of the user's", ["SERVER_SOFTWARE"], {
      SERVER_SOFTWARE: "mine",
    }],
    ["the standard variables in spite of it", ["REMOTE_ADDR", "UNIQUE_ID"], {
      REMOTE_ADDR: "127.0.0.1",
    }],
    ["a variable of the user's rather than a header of that name", [
      "HTTP_API_KEY",
    ], { HTTP_API_KEY: "secret" }],
    ["no header in place of a variable that is not set", ["HTTP_X_NONE"], {
      HTTP_X_NONE: undefined,
      HTTP_API_KEY: "evil",
    }],
    ["PYTHONUNBUFFERED as the user has it", ["PYTHONUNBUFFERED"], {
      PYTHONUNBUFFERED: "x",
    }],
  ] as [string, string[] | undefined, Env][]
) {
  Deno.test({
    name: `with --passenv=${passEnv ?? "(default)"} a program gets ${what}`,
    ignore,
    async fn(): Promise<void> {
      using _env = withEnv({
        LD_LIBRARY_PATH: "/lib/x",
        WSD_A: "1",
        WSD_EMPTY: "",
        WSD_BLANK: " \n",
        WSD_LINES: "\na\r\nb\nc ",
        HTTPS: "on",
        SERVER_SOFTWARE: "mine",
        REMOTE_ADDR: "mine",
        UNIQUE_ID: "mine",
        HTTP_API_KEY: "secret",
        PYTHONUNBUFFERED: "x",
      });
      const headers = { "Api-Key": "evil", "X-None": "evil" };
      const env = await envOf({ headers }, { passEnv });
      for (const [name, value] of Object.entries(expected)) {
        assertEquals(env[name], value, name);
      }
    },
  });
}

Deno.test({
  name:
    "nothing else of the server's environment reaches a program, or what it starts",
  ignore,
  async fn(): Promise<void> {
    await using server = await startServer([
      "--framing=nul",
      "sh",
      "-c",
      "env -0",
    ], {
      env: { SECRET: "1", AWS_SECRET_ACCESS_KEY: "2", LANG: "C" },
    });
    const env = await envFor(server.port);
    const known =
      /^(PATH|LD_LIBRARY_PATH|PYTHONUNBUFFERED|PWD|SHLVL|_|OLDPWD|UNIQUE_ID|GATEWAY_INTERFACE|(AUTH|CONTENT|HTTP|PATH|QUERY|REMOTE|REQUEST|SCRIPT|SERVER)_[A-Z_]+)$/;
    assertEquals(Object.keys(env).filter((name) => !known.test(name)), []);
    // Nor can it be read from the outside of the shell: what the parent has is the parent's.
    assertEquals(server.log.includes("SECRET"), false);
  },
});

Deno.test({
  name: "UNIQUE_ID is the id in the log and in the events",
  ignore,
  async fn(): Promise<void> {
    await using server = await startServer(["--framing=nul", "env", "-0"]);
    const env = await envFor(server.port);
    await server.logged(new RegExp(`id:'${env.UNIQUE_ID}' .*\\| CONNECT\\n`));
    await server.logged(
      new RegExp(`id:'${env.UNIQUE_ID}' .*\\| DISCONNECT\\n`),
    );

    await using library = await ProgramServer.start(PRINTS_ENV);
    const { UNIQUE_ID } = await envFor(library.port);
    assertEquals((await library.next("session.opened")).session.id, UNIQUE_ID);
  },
});

Deno.test({
  name: "UNIQUE_ID is another for each of 60 sessions at once",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start(PRINTS_ENV);
    const envs = await Promise.all(
      Array.from({ length: 60 }, () => envFor(server.port)),
    );
    assertEquals(new Set(envs.map((env) => env.UNIQUE_ID)).size, 60);
  },
});

Deno.test({
  name: "REMOTE_PORT is the client's port",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "sh",
      args: ["-c", 'echo "$REMOTE_ADDR $REMOTE_PORT"'],
    });
    using client = await RawClient.open(server.port);
    assertEquals(await client.message(), `127.0.0.1 ${client.localPort}`);
  },
});

for (const address of [["[::1]"], ["::1"], ["*"]]) {
  Deno.test({
    name: `a client over IPv6 is REMOTE_ADDR=::1 with --address=${address}`,
    ignore: ignore || LACKS_IPV6,
    async fn(): Promise<void> {
      const env = await envOf({ hostname: "::1", headers: { Host: "[::1]" } }, {
        address,
      });
      assertEquals([env.REMOTE_ADDR, env.REMOTE_HOST], ["::1", "::1"]);
    },
  });
}

Deno.test({
  name: "a client over IPv4 is REMOTE_ADDR=127.0.0.1 on a listener for both",
  ignore,
  async fn(): Promise<void> {
    const env = await envOf({}, { address: ["*"] });
    assertEquals([env.REMOTE_ADDR, env.REMOTE_HOST], [
      "127.0.0.1",
      "127.0.0.1",
    ]);
  },
});

Deno.test({
  name:
    "--reverselookup puts the client's name into REMOTE_HOST and into the events",
  ignore,
  async fn(): Promise<void> {
    const { stdout } = await new Deno.Command("getent", {
      args: ["hosts", "127.0.0.1"],
    }).output();
    const [, name = "127.0.0.1"] = new TextDecoder().decode(stdout).trim()
      .split(/\s+/);
    await using server = await ProgramServer.start({
      ...PRINTS_ENV,
      reverseLookup: true,
    });
    const env = await envFor(server.port);
    assertEquals([env.REMOTE_ADDR, env.REMOTE_HOST], ["127.0.0.1", name]);
    assertEquals(
      (await server.next("session.opened")).session.remoteHost,
      name,
    );
  },
});

for (
  const [unbuffer, value] of [["env", "1"], ["off", undefined], [
    "stdbuf",
    undefined,
  ]] as const
) {
  Deno.test({
    name: `--unbuffer=${unbuffer} sets PYTHONUNBUFFERED to ${
      value ?? "nothing"
    }`,
    ignore,
    fn: async () =>
      assertEquals((await envOf({}, { unbuffer })).PYTHONUNBUFFERED, value),
  });
}

for (
  const [unbuffer, command, args, answer] of [
    // Python writes at once because of a variable, C programs because of stdbuf.
    ["env", "python3", [
      "-c",
      "import sys\nfor line in sys.stdin: print(line.upper(), end='')",
    ], "HELLO"],
    ["stdbuf", "tr", ["a-z", "A-Z"], "HELLO"],
  ] as const
) {
  Deno.test({
    name:
      `--unbuffer=${unbuffer} makes ${command} answer although it sees a pipe`,
    ignore: ignore || isMissing(command) || isMissing("stdbuf"),
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        command,
        args,
        unbuffer,
      });
      using client = await RawClient.open(server.port);
      await client.send("hello");
      assertEquals(
        await within(client.message(), `${command}'s answer`),
        answer,
      );
    },
  });
}

Deno.test({
  name: "a program runs in the server's directory",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({ command: "pwd" });
    using client = await RawClient.open(server.port);
    assertEquals(await client.message(), Deno.cwd());
  },
});

Deno.test({
  name:
    "a program has its three streams open, and nothing of the server's or of other sessions",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    const command = { command: "sh", args: ["-c", "ls /proc/$$/fd"] };
    // What any program started here has: the test runner may have been started with more than three.
    const { stdout } = await new Deno.Command(command.command, {
      args: command.args,
      stdin: "null",
    }).output();
    const usual = new TextDecoder().decode(stdout).trim().split("\n");
    await using other = await ProgramServer.start({ command: "cat" });
    using first = await RawClient.open(other.port);
    await first.send("hello");
    assertEquals(await first.message(), "hello");
    await using server = await ProgramServer.start(command);
    using client = await RawClient.open(server.port);
    assertEquals((await client.all()).messages, usual);
  },
});

Deno.test({
  name: "a program runs in the directory of the option cwd",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const cwd = await Deno.realPath(scratch.path);
    await using server = await ProgramServer.start({ command: "pwd", cwd });
    using client = await RawClient.open(server.port);
    assertEquals(await client.message(), cwd);
  },
});

Deno.test({
  name: "8 KiB of query and 100 headers reach a program",
  ignore,
  async fn(): Promise<void> {
    const query = "q".repeat(8192);
    const headers = Object.fromEntries(
      Array.from({ length: 90 }, (_, i) => [`X-H${i}`, "v".repeat(100)]),
    );
    const env = await envOf({ path: `/?${query}`, headers });
    assertEquals(env.QUERY_STRING, query);
    assert(
      Object.keys(env).filter((name) => /^HTTP_X_H\d+$/.test(name)).length ===
        90,
    );
  },
});
