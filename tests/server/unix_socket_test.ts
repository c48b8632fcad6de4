import { assert, assertEquals, assertRejects } from "@std/assert";
import { ListenError } from "../../lib/errors.ts";
import { UnixSocket } from "../../lib/server/unix_socket.ts";
import { Scratch } from "../helpers/scratch.ts";

function listenAt(path: string): Deno.UnixListener {
  return Deno.listen({ transport: "unix", path });
}

/** Leaves a socket that nobody listens on, as a server does that was killed. */
async function leaveStale(path: string): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `Deno.listen({ transport: "unix", path: ${
        JSON.stringify(path)
      } }); Deno.kill(Deno.pid, "SIGKILL");`,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  assert(code !== 0);
  assert((await Deno.lstat(path)).isSocket);
}

async function refusal(path: string): Promise<string> {
  const { message } = await assertRejects(
    () => UnixSocket.prepare(path),
    ListenError,
  );
  const start = `Cannot listen on the unix socket "${path}" (--unixsocket): `;
  assert(message.startsWith(start), message);
  return message.slice(start.length);
}

function filesIn(scratch: Scratch): string[] {
  return [...Deno.readDirSync(scratch.path)].map(({ name }) => name);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test("UnixSocket: listens where nothing is, and leaves nothing", async () => {
  using scratch = new Scratch();
  const path = scratch.file("a.sock");
  const socket = await UnixSocket.prepare(path);
  const listener = socket.bind(() => listenAt(path));
  const [conn, client] = await Promise.all([
    listener.accept(),
    Deno.connect({ transport: "unix", path }),
  ]);
  conn.close();
  client.close();
  await socket.release(() => listener.close());
  assertEquals(filesIn(scratch), []);
});

Deno.test("UnixSocket: one that nobody listens on is replaced", async () => {
  using scratch = new Scratch();
  const path = scratch.file("a.sock");
  await leaveStale(path);
  const socket = await UnixSocket.prepare(path);
  const listener = socket.bind(() => listenAt(path));
  await socket.release(() => listener.close());
  assertEquals(filesIn(scratch), []);
});

Deno.test("UnixSocket: one that somebody listens on is left alone", async () => {
  using scratch = new Scratch();
  const path = scratch.file("a.sock");
  using other = listenAt(path);
  assertEquals(
    await refusal(path),
    "another server listens there; choose another path",
  );
  // The one who looked.
  (await other.accept()).close();
  const [conn, client] = await Promise.all([
    other.accept(),
    Deno.connect({ transport: "unix", path }),
  ]);
  conn.close();
  client.close();
});

Deno.test("UnixSocket: what is no socket is left alone", async () => {
  using scratch = new Scratch();
  const why = "something lies there that is no socket; choose another path";
  const file = scratch.file("file");
  await Deno.writeTextFile(file, "precious");
  assertEquals(await refusal(file), why);
  assertEquals(await Deno.readTextFile(file), "precious");
  const directory = scratch.file("directory");
  await Deno.mkdir(directory);
  assertEquals(await refusal(directory), why);
  const link = scratch.file("link");
  await Deno.symlink("nowhere", link);
  assertEquals(await refusal(link), why);
  assertEquals(await Deno.readLink(link), "nowhere");
});

Deno.test("UnixSocket: a path that is too long, or in no directory, is named", async () => {
  using scratch = new Scratch();
  const directory = `${scratch.path}/`;
  const limit = Deno.build.os === "linux" ? 107 : 103;
  const longest = directory + "x".repeat(limit - directory.length);
  const socket = await UnixSocket.prepare(longest);
  const listener = socket.bind(() => listenAt(longest));
  await socket.release(() => listener.close());
  assertEquals(
    await refusal(`${longest}x`),
    `the path has ${
      limit + 1
    } bytes, and a system takes ${limit}; choose a shorter one`,
  );
  const lost = await UnixSocket.prepare(scratch.file("no/a.sock"));
  const { message } = await assertRejects(
    // deno-lint-ignore require-await
    async () => lost.bind(() => listenAt(lost.path)),
    ListenError,
  );
  assert(message.endsWith("there is no such directory"), message);
});

Deno.test("UnixSocket: has its permissions from the first moment on, and the umask is put back", async () => {
  using scratch = new Scratch();
  const mask = Deno.umask();
  for (const mode of [0o660, 0o600, 0o666, 0o777, undefined]) {
    const path = scratch.file(`${mode}.sock`);
    const socket = await UnixSocket.prepare(path, mode);
    let first = 0;
    const listener = socket.bind(() => {
      const listening = listenAt(path);
      first = Deno.lstatSync(path).mode! & 0o777;
      return listening;
    });
    assertEquals(first, mode ?? (0o777 & ~mask));
    assertEquals(Deno.umask(), mask);
    await socket.release(() => listener.close());
  }
  const path = scratch.file("no/a.sock");
  const socket = await UnixSocket.prepare(path, 0o600);
  // deno-lint-ignore require-await
  await assertRejects(async () => socket.bind(() => listenAt(path)));
  assertEquals(Deno.umask(), mask);
});

Deno.test("UnixSocket: another server's socket at the same path outlives this one's", async () => {
  using scratch = new Scratch();
  const path = scratch.file("a.sock");
  const socket = await UnixSocket.prepare(path);
  const listener = socket.bind(() => listenAt(path));
  await Deno.remove(path);
  using other = listenAt(path);
  await socket.release(() => listener.close());
  assertEquals(filesIn(scratch), ["a.sock"]);
  const [conn, client] = await Promise.all([
    other.accept(),
    Deno.connect({ transport: "unix", path }),
  ]);
  conn.close();
  client.close();
});

Deno.test("UnixSocket: a file that was put in its place is kept", async () => {
  using scratch = new Scratch();
  const path = scratch.file("a.sock");
  const socket = await UnixSocket.prepare(path);
  const listener = socket.bind(() => listenAt(path));
  await Deno.remove(path);
  await Deno.writeTextFile(path, "precious");
  await socket.release(() => listener.close());
  assertEquals(await Deno.readTextFile(path), "precious");
});

Deno.test("UnixSocket: of servers that start at once over a stale socket, one listens and can be reached", async () => {
  using scratch = new Scratch();
  const path = scratch.file("a.sock");
  await leaveStale(path);
  const listeners: Deno.UnixListener[] = [];
  const sockets: UnixSocket[] = [];
  let refused = 0;
  await Promise.all(Array.from({ length: 5 }, async () => {
    try {
      const socket = await UnixSocket.prepare(path);
      listeners.push(socket.bind(() => listenAt(path)));
      sockets.push(socket);
    } catch (error) {
      assert(error instanceof ListenError);
      refused++;
    }
  }));
  assertEquals([listeners.length, refused], [1, 4]);
  using client = await Deno.connect({ transport: "unix", path });
  assert(client.remoteAddr.transport === "unix");
  await sockets[0].release(() => listeners[0].close());
  assert(!await exists(path));
});
