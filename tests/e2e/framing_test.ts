/** Framings between real programs and a real socket: what becomes a message, and what becomes input. */
import { assert, assertEquals } from "@std/assert";
import type { FramingName, ServeOptions } from "../../lib/mod.ts";
import { concat, OPCODE } from "../helpers/bulk_client.ts";
import { isMissing } from "../examples/example.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import {
  frame,
  latin1,
  RawClient,
  type Received,
} from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";
import { startServer } from "../helpers/server.ts";

const ignore = Deno.build.os === "windows";
const MiB = 1 << 20;

type Message = string | Uint8Array;

/** Everything a client gets from a shell script. */
async function output(
  script: string,
  options: Partial<ServeOptions>,
): Promise<Received> {
  await using server = await ProgramServer.start({
    command: "sh",
    args: ["-c", script],
    ...options,
  });
  using client = await RawClient.open(server.port);
  return await client.all();
}

/** Everything a program reads when a client sends messages and leaves. */
async function input(
  messages: readonly Message[],
  options: Partial<ServeOptions>,
): Promise<Uint8Array> {
  using scratch = new Scratch();
  const file = scratch.file("input");
  await using server = await ProgramServer.start({
    command: "sh",
    args: ["-c", 'cat > "$0"', file],
    ...options,
  });
  using client = await RawClient.open(server.port);
  for (const message of messages) await client.send(message);
  await client.leave();
  await server.next("session.closed");
  return await Deno.readFile(file);
}

for (
  const [framing, what, printed, messages] of [
    [
      "lines",
      "lines with \\n and \\r\\n, and a last one without",
      "a\\nb\\r\\nc",
      ["a", "b", "c"],
    ],
    ["lines", "empty lines", "\\n\\n\\r\\na\\n\\n", ["", "", "", "a", ""]],
    ["lines", "carriage returns that end no line", "a\\rb\\r\\r\\n\\rc\\n", [
      "a\rb\r",
      "\rc",
    ]],
    ["lines", "a last line that ends in a carriage return", "a\\r", ["a\r"]],
    ["lines", "NUL bytes", "a\\000b\\n\\000\\n", ["a\0b", "\0"]],
    ["lines", "UTF-8", "gr\\303\\274\\303\\237\\n\\360\\237\\216\\211\\n", [
      "grüß",
      "🎉",
    ]],
    ["lines", "a byte order mark", "\\357\\273\\277a\\n", ["\ufeffa"]],
    [
      "lines",
      "bytes that are not UTF-8, repaired",
      "a\\377\\nb\\303\\n\\355\\240\\200c\\nd",
      ["a\ufffd", "b\ufffd", "\ufffd\ufffd\ufffdc", "d"],
    ],
    ["lines", "nothing", "", []],
    [
      "nul",
      "records, and a last one without NUL",
      "a\\000b\\n\\r\\n\\000\\000c",
      ["a", "b\n\r\n", "", "c"],
    ],
    [
      "length32",
      "messages of every kind",
      "\\000\\000\\000\\003a\\nb\\000\\000\\000\\000\\000\\000\\000\\002\\377\\000",
      [latin1("a\nb"), latin1(""), latin1("\xff\0")],
    ],
    [
      "tagged",
      "signs that Go escapes",
      `a<b>&"\\\\\\t\\001\\177\\n\\342\\200\\250\\303\\251\\n\\377\\n`,
      [
        String
          .raw`{"stream":"stdout","data":"a\u003cb\u003e\u0026\"\\\t\u0001` +
        `\x7f"}`,
        String.raw`{"stream":"stdout","data":"\u2028é"}`,
        String.raw`{"stream":"stdout","data":"\ufffd"}`,
      ],
    ],
    ["tagged", "lines like those of lines", "a\\r\\n\\nlast", [
      '{"stream":"stdout","data":"a"}',
      '{"stream":"stdout","data":""}',
      '{"stream":"stdout","data":"last"}',
    ]],
  ] as [FramingName, string, string, Message[]][]
) {
  Deno.test({
    name: `${framing} sends ${what}`,
    ignore,
    async fn(): Promise<void> {
      assertEquals(await output(`printf '${printed}'`, { framing }), {
        messages,
        code: 1000,
        reason: "exit 0",
      });
    },
  });
}

for (
  const [framing, what, sent, read] of [
    ["lines", "a newline behind each message", ["a", "", "b"], "a\n\nb\n"],
    ["lines", "newlines inside of messages as they are", [
      "two\nlines",
      "crlf\r\n",
    ], "two\nlines\ncrlf\r\n\n"],
    [
      "lines",
      "NUL and UTF-8 as they are",
      ["a\0b", "grüß🎉", "\ufeff"],
      "a\0b\ngr\xc3\xbc\xc3\x9f\xf0\x9f\x8e\x89\n\xef\xbb\xbf\n",
    ],
    ["nul", "a NUL behind each message", ["a\nb", "", "c"], "a\nb\0\0c\0"],
    ["raw", "nothing behind a message", ["a", "", "b\n", "é"], "ab\n\xc3\xa9"],
    ["chunks", "nothing behind a message", [
      latin1("a\xff"),
      latin1(""),
      latin1("\0b"),
    ], "a\xff\0b"],
    ["length32", "the length before each message", [
      latin1("a\n"),
      latin1(""),
      latin1("\xff"),
    ], "\0\0\0\x02a\n\0\0\0\0\0\0\0\x01\xff"],
    ["tagged", "a newline behind each message", ["a", "b"], "a\nb\n"],
  ] as [FramingName, string, Message[], string][]
) {
  Deno.test({
    name: `${framing} writes ${what}`,
    ignore,
    async fn(): Promise<void> {
      assertEquals(await input(sent, { framing }), latin1(read));
    },
  });
}

for (const framing of ["lines", "nul", "raw", "tagged"] as const) {
  const python = `
import os, sys
for byte in "grüß🎉\\n".encode() * 20: os.write(1, bytes([byte]))`;
  Deno.test({
    name:
      `${framing} never cuts a character of a program that writes byte by byte`,
    ignore: ignore || isMissing("python3"),
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        command: "python3",
        args: ["-c", python],
        framing,
      });
      using client = await RawClient.open(server.port);
      // The client fails on a text message that is not UTF-8.
      const { messages, code } = await client.all();
      const text = framing === "tagged"
        ? messages.map((message) => JSON.parse(String(message)).data + "\n")
          .join("")
        : messages.join(framing === "lines" ? "\n" : "") +
          (framing === "lines" ? "\n" : "");
      assertEquals([code, text], [1000, "grüß🎉\n".repeat(20)]);
      if (framing === "raw") {
        assert(messages.every((message) => message !== ""));
      }
    },
  });
}

Deno.test({
  name:
    "raw and chunks send everything, in order, however it comes in pieces, and no message is empty",
  ignore,
  async fn(): Promise<void> {
    const script = "seq 1 60000";
    const expected = Array.from({ length: 60000 }, (_, i) => `${i + 1}\n`).join(
      "",
    );
    const raw = await output(script, { framing: "raw" });
    assertEquals(raw.messages.join(""), expected);
    const chunks = await output(script, { framing: "chunks" });
    assertEquals(
      new TextDecoder().decode(concat(chunks.messages as Uint8Array[])),
      expected,
    );
    for (const { messages, code } of [raw, chunks]) {
      assertEquals(code, 1000);
      assert(messages.every((message) => message.length > 0));
    }
  },
});

Deno.test({
  name: "chunks sends bytes that are no text as they are",
  ignore,
  async fn(): Promise<void> {
    const { messages } = await output("printf '\\000\\377\\303'", {
      framing: "chunks",
    });
    assertEquals(concat(messages as Uint8Array[]), latin1("\0\xff\xc3"));
  },
});

Deno.test({
  name: "length32 keeps the borders of messages on both ways",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "cat",
      framing: "length32",
    });
    using client = await RawClient.open(server.port);
    const messages = [0, 1, 125, 126, 4096, 65535, 65536, 300_000, 0]
      .map((size) => new Uint8Array(size).fill(size));
    for (const message of messages) await client.send(message);
    for (const message of messages) {
      assertEquals(await client.message(), message);
    }
  },
});

Deno.test({
  name:
    "tagged sends lines of both streams with their names, and logs stderr too",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "sh",
      args: [
        "-c",
        "echo out; read _; echo err >&2; read _; printf tail >&2; exit 3",
      ],
      framing: "tagged",
    });
    using client = await RawClient.open(server.port);
    assertEquals(await client.message(), '{"stream":"stdout","data":"out"}');
    await client.send("");
    assertEquals(await client.message(), '{"stream":"stderr","data":"err"}');
    await client.send("");
    assertEquals(await client.all(), {
      messages: ['{"stream":"stderr","data":"tail"}'],
      code: 4003,
      reason: "exit 3",
    });
    await server.next("session.closed");
    assertEquals(server.of("child.stderr").map(({ line }) => line), [
      "err",
      "tail",
    ]);
  },
});

for (
  const [framing, printed, messages] of [
    ["lines", "ok\\nb\\377d\\nmore\\n", ["ok"]],
    ["nul", "ok\\000b\\377d\\000more\\000", ["ok"]],
    ["tagged", "ok\\nb\\377d\\nmore\\n", ['{"stream":"stdout","data":"ok"}']],
    ["raw", "ok\\n\\377more", ["ok\n"]],
  ] as const
) {
  Deno.test({
    name:
      `${framing} with --invalid-utf8=close ends with 1011 at the first byte that is not UTF-8, after everything before it`,
    ignore,
    async fn(): Promise<void> {
      assertEquals(
        await output(`printf '${printed}'; sleep 60`, {
          framing,
          invalidUtf8: "close",
        }),
        {
          messages: [...messages],
          code: 1011,
          reason:
            "Output is not UTF-8 (--binary sends it as it is, --invalid-utf8=replace repairs it)",
        },
      );
    },
  });
}

Deno.test({
  name: "a line of 10 MiB is one message",
  ignore,
  async fn(): Promise<void> {
    const { messages, code } = await output(
      `head -c ${10 * MiB} /dev/zero | tr '\\000' x; echo; echo end`,
      { maxLine: 10 * MiB },
    );
    assertEquals([messages.length, messages[0].length, messages[1], code], [
      2,
      10 * MiB,
      "end",
      1000,
    ]);
  },
});

for (
  const [framing, print, at, past, reason] of [
    [
      "lines",
      (n: number) =>
        `echo ok; head -c ${n} /dev/zero | tr '\\000' x; echo; sleep 60`,
      1000,
      1001,
      "Line longer than 1000 bytes (--maxline)",
    ],
    [
      "nul",
      (n: number) =>
        `printf 'ok\\000'; head -c ${n} /dev/zero | tr '\\000' x; printf '\\000'; sleep 60`,
      1000,
      1001,
      "Record longer than 1000 bytes (--maxline)",
    ],
    [
      "tagged",
      (n: number) =>
        `echo ok; head -c ${n} /dev/zero | tr '\\000' x; echo; sleep 60`,
      1000,
      1001,
      "Line longer than 1000 bytes (--maxline)",
    ],
    [
      "length32",
      (n: number) =>
        `printf '\\000\\000\\000\\002ok\\000\\000\\003\\${
          (n & 255).toString(8)
        }'; head -c ${n} /dev/zero; sleep 60`,
      1000,
      1001,
      "Message of 1001 bytes is longer than 1000 bytes (--maxline)",
    ],
  ] as [FramingName, (n: number) => string, number, number, string][]
) {
  Deno.test({
    name:
      `${framing} sends a message of --maxline=1000 bytes, and ends with 1011 at one of 1001, after everything before it`,
    ignore,
    async fn(): Promise<void> {
      const args = (n: number) => ({
        command: "sh",
        args: ["-c", print(n)],
        framing,
        maxLine: 1000,
      });
      await using server = await ProgramServer.start(args(at));
      using client = await RawClient.open(server.port);
      const [first, second] = [await client.message(), await client.message()];
      assertEquals(
        first.length,
        framing === "tagged" ? '{"stream":"stdout","data":"ok"}'.length : 2,
      );
      assertEquals(
        second.length,
        framing === "tagged"
          ? 1000 + '{"stream":"stdout","data":""}'.length
          : 1000,
      );

      await using over = await ProgramServer.start(args(past));
      using other = await RawClient.open(over.port);
      const all = await other.all();
      assertEquals([all.messages, all.code, all.reason], [
        [first],
        1011,
        reason,
      ]);
      assertEquals((await over.next("session.closed")).code, 1011);
    },
  });
}

for (
  const [printed, reason] of [
    [
      "\\000\\000",
      "Output ends inside a length: 2 of 4 bytes (--framing=length32)",
    ],
    [
      "\\000\\000\\000\\003ab",
      "Output ends inside a message: 2 of 3 bytes (--framing=length32)",
    ],
    [
      "http",
      "Message of 1752462448 bytes is longer than 16777216 bytes (--maxline)",
    ],
  ]
) {
  Deno.test({
    name: `length32 ends with 1011 after output "${printed}": ${reason}`,
    ignore,
    async fn(): Promise<void> {
      assertEquals(
        await output(`printf '${printed}'`, { framing: "length32" }),
        { messages: [], code: 1011, reason },
      );
    },
  });
}

for (
  const [framing, wrong] of [
    ["lines", latin1("x")],
    ["nul", latin1("x")],
    ["raw", latin1("x")],
    ["tagged", latin1("x")],
    ["chunks", "x"],
    ["length32", "x"],
  ] as const
) {
  const type = typeof wrong === "string" ? "text" : "binary";
  Deno.test({
    name:
      `${framing} ends with 1003 at a ${type} message, after what came before it`,
    ignore,
    async fn(): Promise<void> {
      using scratch = new Scratch();
      await using server = await ProgramServer.start({
        command: "sh",
        args: ["-c", 'cat > "$0"', scratch.file("input")],
        framing,
      });
      using client = await RawClient.open(server.port);
      await client.send(typeof wrong === "string" ? latin1("right") : "right");
      await client.send(wrong);
      assertEquals(await client.all(), {
        messages: [],
        code: 1003,
        reason: type === "text"
          ? "this program takes binary messages, not text"
          : "this program takes text messages, not binary ones (--binary)",
      });
      const closed = await server.next("session.closed");
      assertEquals(closed.code, 1003);
      assertEquals(scratch.read("input").includes("right"), true);
      assertEquals(scratch.read("input").includes("x"), false);
    },
  });
}

for (
  const [what, framing, limit, at, past, size] of [
    ["ASCII", "lines", 4, "aaaa", "aaaaa", 5],
    ["text, in bytes of UTF-8", "lines", 4, "éé", "ééa", 5],
    ["text beyond the basic plane", "lines", 8, "🎉🎉", "🎉🎉a", 9],
    ["text that is long in characters only", "lines", 6, "ééé", "éééé", 8],
    ["binary", "chunks", 4, latin1("aaaa"), latin1("aaaaa"), 5],
    [
      "binary, with a length",
      "length32",
      4,
      latin1("aaaa"),
      latin1("aaaaa"),
      5,
    ],
    [
      "text of a mebibyte, the default",
      "lines",
      undefined,
      "x".repeat(MiB),
      "x".repeat(MiB + 1),
      MiB + 1,
    ],
  ] as [string, FramingName, number | undefined, Message, Message, number][]
) {
  Deno.test({
    name:
      `a message of --maxframesize bytes is taken, one more ends with 1009: ${what}`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        command: "cat",
        framing,
        maxFrameSize: limit,
      });
      using client = await RawClient.open(server.port);
      await client.send(at);
      let echo = await client.message();
      while (echo.length < at.length) {
        echo = concat([
          echo as Uint8Array,
          await client.message() as Uint8Array,
        ]);
      }
      assertEquals(echo, at);
      await client.send(past);
      const { code, reason } = await client.all();
      assertEquals([code, reason], [
        1009,
        `message of ${size} bytes is over the limit of ${
          limit ?? MiB
        } (--maxframesize)`,
      ]);
      assertEquals((await server.next("session.closed")).code, 1009);
    },
  });
}

Deno.test({
  name: "--maxframesize=0 takes messages of any size that the runtime takes",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "wc",
      args: ["-c"],
      maxFrameSize: 0,
    });
    using client = await RawClient.open(server.port);
    await client.send("x".repeat(5 * MiB));
    await client.send("exit");
    await client.leave();
    const { received, code } = await server.next("session.closed");
    assertEquals([received, code], [{ messages: 2, bytes: 5 * MiB + 4 }, 1000]);
  },
});

Deno.test({
  name: "the limit counts a whole message, not its fragments",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "cat",
      maxFrameSize: 4,
    });
    using client = await RawClient.open(server.port);
    const parts = (text: string) =>
      [...text].map((letter, i) =>
        frame(i === 0 ? OPCODE.TEXT : OPCODE.CONTINUATION, letter, {
          fin: i === text.length - 1,
        })
      );
    await client.write(concat(parts("abcd")));
    assertEquals(await client.message(), "abcd");
    await client.write(concat(parts("abcde")));
    assertEquals((await client.all()).code, 1009);
  },
});

Deno.test({
  name:
    "a message in fragments is one message, whatever control frames come in between",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({ command: "cat" });
    using client = await RawClient.open(server.port);
    // The fragments cut a character, which is allowed (RFC 6455 §5.6).
    await client.write(frame(OPCODE.TEXT, latin1("gr\xc3"), { fin: false }));
    await client.write(frame(OPCODE.PING, "are you there?"));
    await client.write(frame(OPCODE.PONG, "unasked"));
    await client.write(
      frame(OPCODE.CONTINUATION, latin1("\xbc\xc3"), { fin: false }),
    );
    await client.write(frame(OPCODE.CONTINUATION, "", { fin: false }));
    await client.write(
      frame(OPCODE.CONTINUATION, latin1("\x9f"), { fin: true }),
    );
    const pong = await client.frame();
    assertEquals([pong?.opcode, new TextDecoder().decode(pong?.payload)], [
      OPCODE.PONG,
      "are you there?",
    ]);
    assertEquals(await client.message(), "grüß");
  },
});

Deno.test({
  name: "a frame that comes byte by byte is one message",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({ command: "cat" });
    using client = await RawClient.open(server.port);
    for (const byte of frame(OPCODE.TEXT, "grüß")) {
      await client.write(Uint8Array.of(byte));
    }
    assertEquals(await client.message(), "grüß");
  },
});

Deno.test({
  name: "20,000 messages in one write come back in order, each by itself",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({ command: "cat" });
    using client = await RawClient.open(server.port);
    const count = 20_000;
    const frames = concat(
      Array.from(
        { length: count },
        (_, i) => frame(OPCODE.TEXT, `message ${i}`),
      ),
    );
    const sent = client.write(frames);
    for (let i = 0; i < count; i++) {
      assertEquals(await client.message(), `message ${i}`);
    }
    await sent;
    await client.leave();
    const { sent: out, received } = await server.next("session.closed");
    assertEquals([out.messages, received.messages, out.bytes], [
      count,
      count,
      received.bytes,
    ]);
  },
});

for (
  const [flags, printed, message] of [
    [["--binary"], "a\\nb", latin1("a\nb")],
    [["--raw"], "a\\nb", "a\nb"],
    [["--passstderr"], "a\\n", '{"stream":"stdout","data":"a"}'],
    [["--framing=nul"], "a\\nb\\000", "a\nb"],
    [["--framing=length32"], "\\000\\000\\000\\001a", latin1("a")],
    [["--maxline=2"], "ok\\n", "ok"],
  ] as [string[], string, Message][]
) {
  Deno.test({
    name: `main.ts ${flags.join(" ")} frames messages as it says`,
    ignore,
    async fn(): Promise<void> {
      await using server = await startServer([...flags, "printf", printed]);
      using client = await RawClient.open(server.port);
      assertEquals(await client.all(), {
        messages: [message],
        code: 1000,
        reason: "exit 0",
      });
    },
  });
}
