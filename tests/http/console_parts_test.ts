import { isPassing } from "../../lib/client/exit.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  closeCode,
  openingCode,
  sendCode,
} from "../../lib/http/console/browser/as_code.ts";
import { Deque } from "../../lib/http/console/browser/deque.ts";
import type { Entry } from "../../lib/http/console/browser/entry.ts";
import {
  type Ending,
  explainClose,
} from "../../lib/http/console/browser/explain_close.ts";
import { createFilter } from "../../lib/http/console/browser/filter.ts";
import { hexDump, parseHex } from "../../lib/http/console/browser/hex.ts";
import {
  clock,
  countOf,
  size,
} from "../../lib/http/console/browser/numbers.ts";
import {
  connectionUrl,
  pageUrl,
} from "../../lib/http/console/browser/page_url.ts";
import { Transcript } from "../../lib/http/console/browser/transcript.ts";
import {
  transcriptJson,
  transcriptText,
} from "../../lib/http/console/browser/transcript_file.ts";

const ENDING: Ending = {
  code: 1000,
  reason: "",
  wasOpen: true,
  closedWith: null,
  url: "ws://localhost:8080/",
  origin: "http://localhost:8080",
};

function wordsFor(ending: Partial<Ending>): string {
  return explainClose({ ...ENDING, ...ending }).words;
}

function entry(values: Partial<Entry> = {}): Entry {
  return {
    time: 0,
    direction: "received",
    name: "onmessage",
    data: "",
    bytes: 0,
    ...values,
  };
}

for (
  const [code, reason, words, isFailure] of [
    [
      1000,
      "exit 0",
      "The program ended as it should, with exit status 0.",
      false,
    ],
    [
      1000,
      "the program closed its output",
      "The connection ended as it should: the program closed its output.",
      false,
    ],
    [1000, "", "The connection ended as it should.", false],
    [1001, "server stopping", "The server is stopping.", false],
    [1003, "", "The program does not take messages of that type.", true],
    [1007, "", "Something that was sent as text was not UTF-8.", true],
    [
      1008,
      "",
      "A limit of the server was reached; the reason says which.",
      true,
    ],
    [1009, "", "A message was larger than the server takes.", true],
    [
      1011,
      "",
      "The server could not start the program, or could not send what it printed.",
      true,
    ],
    [
      1013,
      "",
      "The server is too busy: the program reads more slowly than this page sends.",
      true,
    ],
    [2999, "", "A code that has no meaning yet.", true],
    [3000, "", "A code of a library or a framework.", true],
    [4000, "", "A code of the application's own.", true],
    [4001, "exit 1", "The program exited with status 1.", true],
    [4003, "exit 3", "The program exited with status 3.", true],
    [4255, "exit 255", "The program exited with status 255.", true],
    [4256, "", "A code of the application's own.", true],
    [
      4003,
      "",
      "The program exited with status 3, if this is websocketd: codes from 4000 are an application's own.",
      true,
    ],
    [4500, "", "A code of the application's own.", true],
    [
      4501,
      "signal SIGHUP",
      "The program was killed by signal 1 (SIGHUP).",
      true,
    ],
    [
      4515,
      "signal SIGTERM",
      "The program was killed by signal 15 (SIGTERM).",
      true,
    ],
    [
      4564,
      "",
      "The program was killed by signal 64, if this is websocketd.",
      true,
    ],
    [4565, "", "A code of the application's own.", true],
  ] as const
) {
  Deno.test(`console: close code ${code} with the reason "${reason}" means: ${words}`, () => {
    const { words: said, isFailure: failed } = explainClose({
      ...ENDING,
      code,
      reason,
    });
    assertEquals([said, failed], [words, isFailure]);
  });
}

Deno.test("console: 1006 means that the connection was lost, or that there was none", () => {
  assertStringIncludes(wordsFor({ code: 1006 }), "The connection was lost");
  const { words, advice, command } = explainClose({
    ...ENDING,
    code: 1006,
    wasOpen: false,
  });
  assertStringIncludes(words, "There was no connection");
  const all = advice.join("\n");
  for (const flag of ["--auth", "--origin", "--host=localhost", "--maxforks"]) {
    assertStringIncludes(all, flag);
  }
  assertStringIncludes(
    command,
    "-H 'Origin: http://localhost:8080' 'http://localhost:8080/'",
  );
});

Deno.test("console: for another server than the page's own the advice names the origin to allow", () => {
  const { advice } = explainClose({
    ...ENDING,
    code: 1006,
    wasOpen: false,
    url: "wss://other.example/x",
  });
  const all = advice.join("\n");
  assertStringIncludes(all, "--origin=http://localhost:8080");
  assertStringIncludes(all, "Open https://other.example/x in a tab of its own");
  assertStringIncludes(all, "certificate");
});

Deno.test("console: the command it offers is one word for each argument, whatever is in the address", () => {
  const { command } = explainClose({
    ...ENDING,
    code: 1006,
    wasOpen: false,
    url: "ws://localhost:8080/';touch x;'",
  });
  assertStringIncludes(command, `'http://localhost:8080/'\\'';touch x;'\\'''`);
});

Deno.test("console: who closed is told so, unless the server had a reason of its own", () => {
  assertStringIncludes(
    wordsFor({ code: 1000, closedWith: 1000 }),
    "You closed",
  );
  assertStringIncludes(
    wordsFor({ code: 4003, closedWith: 4003 }),
    "You closed",
  );
  assertStringIncludes(
    wordsFor({ code: 1005, closedWith: 1005 }),
    "without a code",
  );
  assertStringIncludes(
    wordsFor({ code: 1006, closedWith: 1000 }),
    "did not answer in time",
  );
  assertStringIncludes(
    wordsFor({ code: 1006, closedWith: 1005, wasOpen: false }),
    "You gave up",
  );
  assertEquals(
    wordsFor({ code: 4003, reason: "exit 3", closedWith: 1000 }),
    "The program exited with status 3.",
  );
});

for (
  const [text, bytes] of [
    ["", []],
    ["48 65 6c", [0x48, 0x65, 0x6c]],
    ["48656C", [0x48, 0x65, 0x6c]],
    ["0x48, 0x65\n0X6c", [0x48, 0x65, 0x6c]],
    [" a,0 ", [10, 0]],
    ["de:ad:be:ef", [0xde, 0xad, 0xbe, 0xef]],
  ] as const
) {
  Deno.test(`console: ${JSON.stringify(text)} is ${bytes.length} bytes`, () =>
    assertEquals([...parseHex(text)], [...bytes]));
}

for (
  const [text, problem] of [
    ["xyz", 'Cannot read "x"'],
    ["48 6g", 'Cannot read "g" in "6g"'],
    ["486", 'Cannot read "486": two digits make a byte, and one is missing'],
    ["<b>", 'Cannot read "<"'],
  ]
) {
  Deno.test(`console: ${JSON.stringify(text)} is no bytes`, () => {
    assertThrows(() => parseHex(text), SyntaxError, problem);
  });
}

Deno.test("console: a hex dump has offset, digits and ASCII, and is no wider than it must be", () => {
  assertEquals(hexDump(new Uint8Array()), "");
  assertEquals(
    hexDump(Uint8Array.of(0x48, 0x69, 0, 0xff)),
    "0000  48 69 00 ff  Hi..",
  );
  assertEquals(
    hexDump(Uint8Array.from({ length: 9 }, (_, at) => 0x41 + at), 8),
    "0000  41 42 43 44 45 46 47 48  ABCDEFGH\n0008  49                       I",
  );
});

Deno.test("console: a deque keeps the numbers of its items", () => {
  const deque = new Deque<number>();
  for (let item = 0; item < 5000; item++) deque.push(item);
  for (let item = 0; item < 4000; item++) assertEquals(deque.shift(), item);
  assertEquals([deque.first, deque.end], [4000, 5000]);
  assertEquals([deque.at(4000), deque.at(4999)], [4000, 4999]);
  assertEquals(deque.slice(4001, 4003), [4001, 4002]);
  assertEquals([...deque].length, 1000);
  for (let item = 4000; item < 5000; item++) deque.shift();
  assertEquals([deque.shift(), deque.first, deque.end], [
    undefined,
    5000,
    5000,
  ]);
  deque.push(7);
  assertEquals(deque.at(5000), 7);
});

Deno.test("console: a transcript that is full drops the oldest, counts them, and tells", () => {
  const gone: Entry[] = [];
  // Ten entries of 100 characters, each with 256 bytes of its own.
  const transcript = new Transcript({
    added: () => {},
    dropped: (entry) => gone.push(entry),
    cleared: () => {},
  }, 10 * (256 + 200));
  const entries = Array.from(
    { length: 11 },
    () => entry({ data: "x".repeat(100) }),
  );
  for (const each of entries.slice(0, 10)) transcript.add(each);
  assertEquals([transcript.length, transcript.dropped], [10, 0]);
  transcript.add(entries[10]);
  assertEquals([transcript.length, transcript.dropped], [10, 1]);
  assertEquals(gone, [entries[0]]);
  // One that is larger than all: it is kept, alone.
  transcript.add(entry({ data: new ArrayBuffer(10_000) }));
  assertEquals([transcript.length, transcript.dropped], [1, 11]);
  transcript.clear();
  assertEquals([transcript.length, transcript.dropped], [0, 0]);
});

Deno.test("console: a filter looks at the kind, and for the text in upper and lower case", () => {
  const received = entry({ data: "Hello World" });
  const sent = entry({ direction: "sent", name: "send", data: "bye" });
  const closed = entry({
    direction: "event",
    name: "onclose",
    data: null,
    facts: [["code", "4003"]],
    words: "It ended",
  });
  const bytes = entry({ data: new TextEncoder().encode("Binary").buffer });
  const all = [received, sent, closed, bytes];
  const found = (
    kind: Parameters<typeof createFilter>[0],
    text: string,
  ): Entry[] => all.filter(createFilter(kind, text));
  assertEquals(found("all", ""), all);
  assertEquals(found("messages", ""), [received, sent, bytes]);
  assertEquals(found("event", ""), [closed]);
  assertEquals(found("all", "hello"), [received]);
  assertEquals(found("sent", "hello"), []);
  assertEquals(found("all", "code 4003"), [closed]);
  assertEquals(found("all", "ONMESSAGE"), [received, bytes]);
  assertEquals(found("all", "binary"), [bytes]);
});

Deno.test("console: it connects again only after what may pass", () => {
  const passing = [1001, 1006, 1012, 1013, 1014];
  for (let code = 1000; code < 5000; code++) {
    assertEquals(isPassing(code), passing.includes(code), String(code));
  }
});

const PAGE = {
  protocol: "http:",
  host: "localhost:8080",
  origin: "http://localhost:8080",
  pathname: "/a/b",
  search: "?c=%20d",
};
const BESIDE = { ...PAGE, pathname: "/_console/", search: "" };

Deno.test("console: on every path the page offers its own path and query", () => {
  assertEquals(connectionUrl(PAGE, true), "ws://localhost:8080/a/b?c=%20d");
  assertEquals(
    connectionUrl({ ...PAGE, protocol: "https:", search: "" }, true),
    "wss://localhost:8080/a/b",
  );
});

for (
  const [search, url] of [
    ["", "ws://localhost:8080/"],
    ["?path=/count", "ws://localhost:8080/count"],
    ["?path=count%3Fa%3D1", "ws://localhost:8080/count?a=1"],
    ["?path=//evil.example/", "ws://localhost:8080//evil.example/"],
    ["?path=@evil.example/", "ws://localhost:8080/@evil.example/"],
  ]
) {
  Deno.test(`console: /_console/${search} offers ${url}`, () => {
    assertEquals(connectionUrl({ ...BESIDE, search }, false), url);
    assertEquals(new URL(url).host, "localhost:8080");
  });
}

Deno.test("console: the page's address follows the connection, if it is to the same server", () => {
  assertEquals(
    pageUrl("ws://localhost:8080/x?y", PAGE, true),
    "http://localhost:8080/x?y",
  );
  // An address of its own, not one relative to another host.
  assertEquals(
    pageUrl("ws://localhost:8080//evil.example/", PAGE, true),
    "http://localhost:8080//evil.example/",
  );
  assertEquals(pageUrl("ws://localhost:9000/x", PAGE, true), null);
  assertEquals(pageUrl("nonsense", PAGE, true), null);
  assertEquals(
    pageUrl("ws://localhost:8080/x?y=1&z", BESIDE, false),
    "http://localhost:8080/_console/?path=/x%3Fy%3D1%26z",
  );
  assertEquals(
    pageUrl("ws://localhost:8080/", { ...BESIDE, search: "?path=/x" }, false),
    "http://localhost:8080/_console/",
  );
});

Deno.test("console: the code it shows is code, whatever was typed", () => {
  const evil = '");alert(1)//\n\u2028${x}`';
  const code = [
    openingCode(evil, [evil, "b"], "arraybuffer"),
    sendCode(evil),
    sendCode(new File([], "a\nb*/")),
    sendCode(Uint8Array.of(1, 255).buffer),
    closeCode(1000, evil),
    closeCode(undefined, ""),
  ].join("\n");
  const seen: unknown[] = [];
  class FakeSocket {
    constructor(...args: unknown[]) {
      seen.push(args);
    }
    send(data: unknown): void {
      seen.push(data instanceof ArrayBuffer ? [...new Uint8Array(data)] : data);
    }
    close(...args: unknown[]): void {
      seen.push(args);
    }
  }
  new Function("WebSocket", "input", code)(FakeSocket, { files: ["file"] });
  assertEquals(seen, [
    [evil, [evil, "b"]],
    evil,
    "file",
    [1, 255],
    [1000, evil],
    [],
  ]);
});

Deno.test("console: sizes, counts and times are written for people", () => {
  assertEquals([0, 1023, 1024, 1536, 10_240, 1 << 20, 5 * 2 ** 40].map(size), [
    "0 B",
    "1023 B",
    "1.0 KiB",
    "1.5 KiB",
    "10 KiB",
    "1.0 MiB",
    "5120 GiB",
  ]);
  assertEquals(countOf(1, "message"), "1 message");
  assertEquals(countOf(100_000, "entry", "entries"), "100,000 entries");
  assertEquals(
    clock(new Date(2024, 0, 2, 3, 4, 5, 6).getTime()),
    "03:04:05.006",
  );
});

Deno.test("console: a transcript as text has a line for each entry, as JSON everything", async () => {
  const bytes = Uint8Array.of(0, 255, 16);
  const entries = [
    entry({ direction: "sent", name: "send", data: "two\nlines", bytes: 9 }),
    entry({ data: bytes.buffer, bytes: 3 }),
    entry({ data: new Blob([bytes]), bytes: 3 }),
    entry({
      direction: "sent",
      name: "send",
      data: new File(["x"], "a.txt"),
      bytes: 1,
    }),
    entry({
      direction: "event",
      name: "onclose",
      data: null,
      facts: [["code", "1000"]],
      words: "Fine.",
    }),
  ];
  const time = clock(0);
  assertEquals(
    await transcriptText(entries),
    `${time} -> send two
    lines
${time} <- onmessage [3 bytes] 00 ff 10
${time} <- onmessage [3 bytes] 00 ff 10
${time} -> send [file a.txt, 1 bytes]
${time} -- onclose code 1000
    Fine.
`,
  );
  const at = { time: "1970-01-01T00:00:00.000Z" };
  assertEquals(JSON.parse(await transcriptJson(entries)), [
    {
      ...at,
      name: "send",
      direction: "sent",
      bytes: 9,
      type: "text",
      data: "two\nlines",
    },
    {
      ...at,
      name: "onmessage",
      direction: "received",
      bytes: 3,
      type: "arraybuffer",
      base64: "AP8Q",
    },
    {
      ...at,
      name: "onmessage",
      direction: "received",
      bytes: 3,
      type: "blob",
      base64: "AP8Q",
    },
    {
      ...at,
      name: "send",
      direction: "sent",
      bytes: 1,
      type: "file",
      file: "a.txt",
    },
    {
      ...at,
      name: "onclose",
      direction: "event",
      details: { code: "1000" },
      meaning: "Fine.",
    },
  ]);
  assertEquals(JSON.parse(await transcriptJson([])), []);
});
