import { assert, assertEquals, assertMatch } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { RawClient } from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";
import { isMissing, startExample } from "./example.ts";
import { lacks, LANGUAGES } from "./languages.ts";

const ignore = isMissing("bash");

function variablesOf(lines: readonly unknown[]): Record<string, string> {
  return Object.fromEntries(lines.map((line) => {
    const [, name, value] = /^(\w+)=(.*)$/.exec(String(line))!;
    return [name, value];
  }));
}

for (const language of LANGUAGES) {
  const example = `${language.folder}/dump_env.${language.extension}`;
  Deno.test({
    name:
      `${example} shows what the program knows about the client, and nothing of the server's own environment`,
    ignore: lacks(language),
    async fn(): Promise<void> {
      using scratch = new Scratch();
      Deno.env.set("WEBSOCKETD_TEST_SECRET", "hidden");
      await using server = await startExample(example, { bin: scratch.path });
      Deno.env.delete("WEBSOCKETD_TEST_SECRET");
      using client = await RawClient.open(server.port, {
        path: "/some/path?name=value&x=%20",
        headers: {
          "X-Custom-Header": "custom",
          "Proxy": "http://evil.example",
        },
      });
      const { messages, code } = await client.all();
      const env = variablesOf(messages);
      for (const name of language.ownVariables ?? []) delete env[name];
      const { UNIQUE_ID, SERVER_SOFTWARE, PATH, ...rest } = env;
      assertMatch(UNIQUE_ID, /^\d{28}$/);
      assertMatch(SERVER_SOFTWARE, /^websocketd\//);
      // pyenv puts its own before.
      assert(PATH.endsWith(Deno.env.get("PATH")!), PATH);
      assertEquals(rest, {
        AUTH_TYPE: "",
        CONTENT_LENGTH: "",
        CONTENT_TYPE: "",
        GATEWAY_INTERFACE: "CGI/1.1",
        HTTP_CONNECTION: "Upgrade",
        HTTP_SEC_WEBSOCKET_KEY: "dGhlIHNhbXBsZSBub25jZQ==",
        HTTP_SEC_WEBSOCKET_VERSION: "13",
        HTTP_UPGRADE: "websocket",
        HTTP_X_CUSTOM_HEADER: "custom",
        ...(Deno.env.has("LD_LIBRARY_PATH") &&
          { LD_LIBRARY_PATH: Deno.env.get("LD_LIBRARY_PATH")! }),
        PATH_INFO: "/some/path",
        PATH_TRANSLATED: "/some/path",
        PYTHONUNBUFFERED: "1",
        QUERY_STRING: "name=value&x=%20",
        REMOTE_ADDR: "127.0.0.1",
        REMOTE_HOST: "127.0.0.1",
        REMOTE_IDENT: "",
        REMOTE_PORT: String(client.localPort),
        REMOTE_USER: "",
        REQUEST_METHOD: "GET",
        REQUEST_URI: "/some/path?name=value&x=%20",
        SCRIPT_NAME: "/",
        SERVER_NAME: "localhost",
        SERVER_PORT: String(server.port),
        SERVER_PROTOCOL: "HTTP/1.1",
      });
      assertEquals(code, 1000);
    },
  });
}

Deno.test({
  name: "dump_env.sh shows another variable that --passenv names",
  ignore,
  async fn(): Promise<void> {
    Deno.env.set("WEBSOCKETD_TEST_SHOWN", "shown");
    await using server = await startExample("bash/dump_env.sh", {
      flags: ["--passenv=PATH,WEBSOCKETD_TEST_SHOWN"],
    });
    Deno.env.delete("WEBSOCKETD_TEST_SHOWN");
    const { messages } = await Client.run(server.url);
    assertEquals(variablesOf(messages).WEBSOCKETD_TEST_SHOWN, "shown");
  },
});
