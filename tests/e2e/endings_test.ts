/** Endings: what a client is told when a session ends (the table of the README). */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { pause, within } from "../helpers/deadline.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import {
  BulkClient,
  closeFrame,
  frame,
  OPCODE,
} from "../helpers/bulk_client.ts";
import { Scratch } from "../helpers/scratch.ts";

const ignore = Deno.build.os === "windows";

for (
  const { program, script, code, reason } of [
    { program: "exits 0", script: "echo hi", code: 1000, reason: "exit 0" },
    ...[1, 3, 126, 255].map((n) => ({
      program: `exits ${n}`,
      script: `echo hi; exit ${n}`,
      code: 4000 + n,
      reason: `exit ${n}`,
    })),
    ...([["KILL", 9], ["TERM", 15], ["INT", 2], ["SEGV", 11], [
      "HUP",
      1,
    ]] as const)
      .map(([name, n]) => ({
        program: `is killed by SIG${name}`,
        script: `echo hi; kill -${name} $$; sleep 9`,
        code: 4500 + n,
        reason: `signal SIG${name}`,
      })),
  ]
) {
  Deno.test({
    name:
      `a program that ${program}: the client gets its output, then close ${code} "${reason}"`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash(script);
      assertEquals(await Client.run(server.url), {
        messages: ["hi"],
        code,
        reason,
      });
      const closed = await server.next("session.closed");
      assertEquals([closed.code, closed.reason], [code, reason]);
      assertEquals(closed.sent, { messages: 1, bytes: 2 });
      assert(closed.exit !== null);
    },
  });
}

Deno.test({
  name:
    "a program that exits 3 and leaves a child without its output: still close 4003, however the two are noticed",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "sleep 100 >/dev/null 2>&1 & exit 3",
    );
    for (let i = 0; i < 5; i++) {
      const { code, reason } = await Client.run(server.url);
      assertEquals([code, reason], [4003, "exit 3"]);
    }
  },
});

Deno.test({
  name:
    "a program that closes its output and lives on: close 1000 that says so, after all it printed",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "echo one; printf two; exec >&- 2>&-; sleep 100",
    );
    assertEquals(await Client.run(server.url), {
      messages: ["one", "two"],
      code: 1000,
      reason: "the program closed its output",
    });
    assertEquals((await server.next("session.closed")).exit?.signal, "SIGINT");
  },
});

Deno.test({
  name:
    "a program that closes its output and then exits 5 by itself, within the time of the ladder's first step: close 4005",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "echo one; exec >&- 2>&-; sleep 0.03; exit 5",
    );
    const { code, reason } = await Client.run(server.url);
    assertEquals([code, reason], [4005, "exit 5"]);
  },
});

for (
  const { what, prepare, reason } of [
    {
      what: "was removed after the server started",
      prepare: (path: string) => Deno.removeSync(path),
      reason: /^cannot start "PROGRAM": no such file$/,
    },
    {
      what: "may not be executed any more",
      prepare: (path: string) => Deno.chmodSync(path, 0o644),
      reason:
        /^cannot start "PROGRAM": permission denied \(chmod \+x PROGRAM\)$/,
    },
    {
      what: "names an interpreter that does not exist",
      prepare: (path: string) => Deno.writeTextFileSync(path, "#!/nope\n"),
      reason:
        /^cannot start "PROGRAM": its interpreter "\/nope" does not exist$/,
    },
    {
      what: "has Windows line ends",
      prepare: (path: string) => Deno.writeTextFileSync(path, "#!/bin/sh\r\n"),
      reason:
        /^cannot start "PROGRAM": its first line ends with a carriage return/,
    },
    {
      what: "became a directory",
      prepare(path: string): void {
        Deno.removeSync(path);
        Deno.mkdirSync(path);
      },
      reason: /^cannot start "PROGRAM": /,
    },
  ]
) {
  Deno.test({
    name:
      `a program that ${what}: close 1011 with the reason in words, and its slot is free again`,
    ignore,
    async fn(): Promise<void> {
      using scratch = new Scratch();
      const program = scratch.script("p", "#!/bin/sh\n");
      await using server = await ProgramServer.start({
        command: program,
        maxForks: 1,
      });
      prepare(program);
      for (let i = 0; i < 2; i++) {
        const close = await Client.run(server.url);
        assertEquals(close.code, 1011);
        // As far as a close frame has room for it; the log has it all.
        const start = close.reason.replaceAll(program, "PROGRAM");
        const closed = await server.next("session.closed", i);
        const whole = closed.reason.replaceAll(program, "PROGRAM");
        assertMatch(whole, reason);
        assert(whole.startsWith(start.replace(/…$/, "")), start);
        assertEquals([closed.pid, closed.exit], [null, null]);
      }
      assertEquals(server.of("error").length, 2);
    },
  });
}

Deno.test({
  name: "a script without a #! line is run by /bin/sh, as a shell would",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const command = scratch.script("p", "echo hi; exit 3");
    await using server = await ProgramServer.start({ command });
    assertEquals(await Client.run(server.url), {
      messages: ["hi"],
      code: 4003,
      reason: "exit 3",
    });
  },
});

Deno.test({
  name:
    "a working directory that was removed after the server started: close 1011 that names it",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const cwd = scratch.file("cwd");
    Deno.mkdirSync(cwd);
    await using server = await ProgramServer.start({ command: "cat", cwd });
    Deno.removeSync(cwd);
    const { code } = await Client.run(server.url);
    assertEquals(code, 1011);
    assert(
      (await server.next("session.closed")).reason.endsWith(
        `: its working directory "${cwd}" does not exist`,
      ),
    );
  },
});

for (
  const { kind, binary, atLimit, pastLimit } of [
    {
      kind: "ASCII",
      binary: false,
      atLimit: "x".repeat(1000),
      pastLimit: "x".repeat(1001),
    },
    {
      kind: "three-byte characters",
      binary: false,
      atLimit: "x" + "€".repeat(333),
      pastLimit: "xx" + "€".repeat(333),
    },
    {
      kind: "binary",
      binary: true,
      atLimit: new Uint8Array(1000),
      pastLimit: new Uint8Array(1001),
    },
  ]
) {
  Deno.test({
    name:
      `a message of ${kind} over --maxframesize: delivered at the limit, close 1009 one byte past it`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        command: "cat",
        maxFrameSize: 1000,
        framing: binary ? "length32" : "lines",
      });
      await using client = await Client.open(server.url);
      client.send(atLimit);
      assertEquals(await client.message(0), atLimit);
      client.send(pastLimit);
      assertEquals(await within(client.closed, "close"), {
        code: 1009,
        reason:
          "message of 1001 bytes is over the limit of 1000 (--maxframesize)",
      });
      assertEquals(client.messages.length, 1);
      assertEquals((await server.next("session.closed")).code, 1009);
    },
  });
}

Deno.test({
  name:
    "a message in fragments is measured whole: close 1009 one byte past the limit",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "cat",
      maxFrameSize: 10,
    });
    using client = await BulkClient.open(server.port);
    await client.write(frame(OPCODE.TEXT, "12345", false));
    await client.write(frame(OPCODE.CONTINUATION, "67890"));
    assertEquals(await client.nextText(), "1234567890");
    await client.write(frame(OPCODE.TEXT, "12345", false));
    await client.write(frame(OPCODE.CONTINUATION, "678901"));
    assertMatch(
      await client.nextText() ?? "",
      /^close 1009 message of 11 bytes/,
    );
  },
});

for (
  const { framing, message, reason } of [
    {
      framing: "lines",
      message: new Uint8Array(1),
      reason: "this program takes text messages, not binary ones (--binary)",
    },
    {
      framing: "chunks",
      message: "x",
      reason: "this program takes binary messages, not text",
    },
  ] as const
) {
  Deno.test({
    name:
      `a message of the wrong type for --framing=${framing}: close 1003 that says what it takes, after the messages before it`,
    ignore,
    async fn(): Promise<void> {
      using scratch = new Scratch();
      await using server = await ProgramServer.bash(
        `cat >'${scratch.file("in")}'`,
        { framing },
      );
      await using client = await Client.open(server.url);
      client.send(
        framing === "lines" ? "right" : new TextEncoder().encode("right"),
      );
      client.send(message);
      assertEquals(await within(client.closed, "close"), {
        code: 1003,
        reason,
      });
      await server.next("session.closed");
      assertEquals(scratch.read("in").trim(), "right");
    },
  });
}

Deno.test({
  name: "a session longer than --timeout: close 1008 that names the flag",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "while :; do echo x; sleep 0.02; done",
      { timeoutMs: 300 },
    );
    const begin = performance.now();
    const { code, reason } = await Client.run(server.url);
    assertEquals([code, reason], [
      1008,
      "time limit of 0.3 s reached (--timeout)",
    ]);
    assert(performance.now() - begin >= 290);
  },
});

Deno.test({
  name:
    "a session without a message for --idle: close 1008 that names the flag; a message in either direction begins the time anew",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "cat",
      idleMs: 400,
    });
    await using client = await Client.open(server.url);
    const begin = performance.now();
    for (let i = 0; i < 5; i++) {
      await pause(150);
      client.send("x");
      await client.message(i);
    }
    assertEquals(await within(client.closed, "close"), {
      code: 1008,
      reason: "no message for 0.4 s (--idle)",
    });
    assert(performance.now() - begin >= 5 * 150 + 400 - 10);
  },
});

for (const limit of ["timeoutMs", "idleMs", "pingMs", "closeMs"] as const) {
  Deno.test({
    name: `${limit} may be as long as it can be, and does not end a session`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        command: "cat",
        [limit]: 2_000_000_000,
      });
      await using client = await Client.open(server.url);
      client.send("hello");
      await client.message(0);
      await pause(50);
      client.send("still here");
      assertEquals(await client.message(1), "still here");
    },
  });
}

Deno.test({
  name:
    "--timeout also ends a session whose program has ended and whose client does not read",
  ignore,
  async fn(): Promise<void> {
    // It has ended with everything full that lies between it and the client.
    await using server = await ProgramServer.bash(
      'yes "$(printf %01000d 0)" & sleep 0.5; kill $!; exit 3',
      { timeoutMs: 1200 },
    );
    using _client = await BulkClient.open(server.port);
    assertEquals((await server.next("session.closed")).exit?.code, 3);
  },
});

Deno.test({
  name:
    "a line longer than --maxline: close 1011 that names the flag, after the lines before it",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "echo ok; echo 1234567890; echo 12345678901; sleep 100",
      { maxLine: 10 },
    );
    assertEquals(await Client.run(server.url), {
      messages: ["ok", "1234567890"],
      code: 1011,
      reason: "Line longer than 10 bytes (--maxline)",
    });
    await server.next("session.closed");
  },
});

Deno.test({
  name:
    'a server that stops: close 1001 "server stopping" after the drain time, and the program gets the ladder',
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await ProgramServer.bash(
      `trap 'echo INT >>${
        scratch.file("log")
      }' INT; echo up; while read -r; do :; done; echo EOF >>${
        scratch.file("log")
      }; sleep 0.3; sleep 100`,
      { drainMs: 100 },
    );
    await using client = await Client.open(server.url);
    await client.message(0);
    await server.drain();
    assertEquals(await within(client.closed, "close"), {
      code: 1001,
      reason: "server stopping",
    });
    assertEquals(scratch.lines("log")[0], "EOF");
    assertEquals(server.of("drain.finished"), [{
      type: "drain.finished",
      killed: 1,
    }]);
    assertEquals((await server.next("session.closed")).code, 1001);
  },
});

Deno.test({
  name:
    "a session that ends by itself while the server drains is not cut: close 1000, none ended by force",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("echo a; read -r; echo b", {
      drainMs: 5000,
    });
    await using client = await Client.open(server.url);
    await client.message(0);
    const drained = server.drain();
    client.send("go");
    assertEquals(await within(client.closed, "close"), {
      code: 1000,
      reason: "exit 0",
    });
    await drained;
    assertEquals(client.messages, ["a", "b"]);
    assertEquals(server.of("drain.finished")[0].killed, 0);
  },
});

for (
  const [sent, code, reason] of [
    [frame(OPCODE.CLOSE, ""), 1005, ""],
    [closeFrame(1000, "bye"), 1000, "bye"],
    [closeFrame(4001, "custom"), 4001, "custom"],
  ] as const
) {
  Deno.test({
    name:
      `a client that leaves with code ${code}: that is what the event says, and its close frame is answered`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({ command: "cat" });
      using client = await BulkClient.open(server.port);
      await client.write(sent);
      assertEquals((await client.next())?.opcode, OPCODE.CLOSE);
      assertEquals(await client.next(), null);
      const closed = await server.next("session.closed");
      assertEquals([closed.code, closed.reason], [code, reason]);
    },
  });
}

Deno.test({
  name: "a client that vanishes: 1006 in the event, and the program reads EOF",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({ command: "cat" });
    const client = await BulkClient.open(server.port);
    client.drop();
    const closed = await server.next("session.closed");
    assertEquals([closed.code, closed.reason], [1006, "connection lost"]);
    assertEquals(closed.exit, { code: 0, signal: null });
    assertEquals(server.of("child.signalled"), []);
  },
});

Deno.test({
  name: "a close reason longer than 123 bytes is cut between characters",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const program = scratch.script(
      "ü".repeat(60) + "€".repeat(20),
      "#!/nope\n",
    );
    await using server = await ProgramServer.start({ command: program });
    const { code, reason } = await Client.run(server.url);
    assertEquals(code, 1011);
    const size = new TextEncoder().encode(reason).length;
    assert(size <= 123 && size > 118, `${size}`);
    assert(!reason.includes("\ufffd") && reason.endsWith("…"), reason);
  },
});
