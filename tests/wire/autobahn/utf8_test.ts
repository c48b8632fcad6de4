/**
 * Texts after Markus Kuhn's "UTF-8 decoder capability and stress test", in the
 * suite's order.
 */
import { assertEquals } from "@std/assert";
import { concat, fragments, hex, more, ping, text, utf8 } from "../frames.ts";
import { connect, echo, wordsOf } from "../peer.ts";
import { testCase } from "./autobahn_case.ts";

const COSME = hex("ceba e1bdb9 cf83 cebc ceb5");
const VALID = concat([
  utf8("Hello-µ@ßöäüàá-UTF-8!!"),
]);
const INVALID = concat([COSME, hex("eda080"), utf8("edited")]);
const failed = ["close 1007"];

testCase({
  id: "6.1.1",
  what: "an empty text",
  send: [text("")],
  answer: ["text"],
});
testCase({
  id: "6.1.2",
  what: "a text of three empty fragments",
  send: [text("", { fin: false }), more(""), more("", true)],
  answer: ["text"],
});
testCase({
  id: "6.1.3",
  what: "a text of three fragments, only the middle one not empty",
  send: [
    text("", { fin: false }),
    more("middle frame payload"),
    more("", true),
  ],
  answer: ["text middle frame payload"],
});
testCase({
  id: "6.2.1",
  what: "a valid text",
  send: [text(VALID)],
  answer: [wordsOf("text", VALID)],
});
testCase({
  id: "6.2.2",
  what: "a valid text in two fragments, cut between characters",
  send: [text("Hello-µ@ßöä", { fin: false }), more("üàá-UTF-8!!", true)],
  answer: [wordsOf("text", VALID)],
});
testCase({
  id: "6.2.3",
  what: "a valid text in fragments of a byte",
  send: fragments(1, VALID, 1),
  answer: [wordsOf("text", VALID)],
});
testCase({
  id: "6.2.4",
  what: "another valid text in fragments of a byte",
  send: fragments(1, COSME, 1),
  answer: [wordsOf("text", COSME)],
});
testCase({
  id: "6.3.1",
  what: "an invalid text",
  send: [text(INVALID)],
  answer: failed,
});
testCase({
  id: "6.3.2",
  what: "an invalid text in fragments of a byte",
  send: fragments(1, INVALID, 1),
  answer: failed,
});

// Group 6.4: what makes the text invalid is refused when it comes, not when the message ends.
const WRONG = concat([COSME, hex("f4908080"), utf8("edited")]);
const LATE: [
  id: string,
  what: string,
  before: Uint8Array,
  wrong: Uint8Array,
][] = [
  [
    "6.4.1",
    "a fragment that is wrong",
    text(COSME, { fin: false }),
    more(hex("f4908080")),
  ],
  [
    "6.4.2",
    "a fragment of the one wrong byte",
    text(WRONG.subarray(0, 12), { fin: false }),
    more(WRONG.subarray(12, 13)),
  ],
  ...[["6.4.3", 11, 15] as const, ["6.4.4", 12, 13] as const].map(
    ([id, from, to]): [string, string, Uint8Array, Uint8Array] => {
      const frame = text(WRONG), header = frame.length - WRONG.length;
      return [
        id,
        `${to - from} bytes inside of a frame`,
        frame.subarray(0, header + from),
        frame.subarray(header + from, header + to),
      ];
    },
  ),
];
for (const [id, what, before, wrong] of LATE) {
  Deno.test(`Autobahn ${id}: a text is refused at ${what}`, async () => {
    await using connected = await connect("tcp");
    const { peer, socket } = connected;
    const echoing = echo(socket);
    await peer.write(before);
    if (id < "6.4.3") {
      // Between fragments a ping shows that the first was taken.
      await peer.write(ping("1"));
      assertEquals(await peer.next(), "pong 1");
    }
    await peer.write(wrong);
    assertEquals(await peer.rest(), [
      "close 1007 a text message is not UTF-8",
      "end",
    ]);
    peer.close();
    await echoing;
  });
}

/** Bytes of each of the texts of a group; those that are not valid have a `!` before them. */
const GROUPS: readonly (readonly [what: string, texts: readonly string[]])[] = [
  ["some valid sequences", [
    "68656c6c6f24776f726c64",
    "68656c6c6fc2a2776f726c64",
    "68656c6c6fe282ac776f726c64",
    "68656c6c6ff0a4ada2776f726c64",
    "cebae1bdb9cf83cebcceb5",
  ]],
  ["all prefixes of a text", prefixes(COSME)],
  ["the first sequence of each length", ["00", "c280", "e0a080", "f0908080"]],
  ["the first sequence of 5 and 6 bytes", ["!f888808080", "!fc8480808080"]],
  ["the last sequence of each length", ["7f", "dfbf", "efbfbf", "f48fbfbf"]],
  ["the last sequence of 4, 5 and 6 bytes", [
    "!f7bfbfbf",
    "!fbbfbfbfbf",
    "!fdbfbfbfbfbf",
  ]],
  ["other boundaries", ["ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "!f4908080"]],
  ["continuation bytes alone", [
    "!80",
    "!bf",
    ...[2, 3, 4, 5, 6].map((n) => "!" + "80bf80bf80bf".slice(0, 2 * n)),
    "!" + range(0x80, 0xbe, ""),
  ]],
  ["first bytes alone", [
    "!" + range(0xc0, 0xde, "20"),
    "!" + range(0xe0, 0xee, "20"),
    "!" + range(0xf0, 0xf6, "20"),
    "!" + range(0xf8, 0xfa, "20"),
    "!" + range(0xfc, 0xfc, "20"),
  ]],
  ["sequences without their last byte", cutSequences().map((s) => "!" + s)],
  ["all of those in one text", ["!" + cutSequences().join("")]],
  ["impossible bytes", ["!fe", "!ff", "!fefeffff"]],
  ["an overlong slash", [
    "!c0af",
    "!e080af",
    "!f08080af",
    "!f8808080af",
    "!fc80808080af",
  ]],
  ["the longest overlong sequences", [
    "!c1bf",
    "!e09fbf",
    "!f08fbfbf",
    "!f887bfbfbf",
    "!fc83bfbfbfbf",
  ]],
  ["an overlong NUL", [
    "!c080",
    "!e08080",
    "!f0808080",
    "!f880808080",
    "!fc8080808080",
  ]],
  ["single surrogates", [
    "!eda080",
    "!edadbf",
    "!edae80",
    "!edafbf",
    "!edb080",
    "!edbe80",
    "!edbfbf",
  ]],
  ["pairs of surrogates", [
    "!eda080edb080",
    "!eda080edbfbf",
    "!edadbfedb080",
    "!edadbfedbfbf",
    "!edae80edb080",
    "!edae80edbfbf",
    "!edafbfedb080",
    "!edafbfedbfbf",
  ]],
  ["characters that are none", ["efbfbe", "efbfbf", ...nonCharacters()]],
  [
    "special characters",
    ["b9", "ba", "bb", "bc", "bd", "be", "bf"].map((b) => `efbf${b}`),
  ],
];

for (const [group, [what, texts]] of GROUPS.entries()) {
  for (const [i, digits] of texts.entries()) {
    const payload = hex(digits.replace("!", ""));
    testCase({
      id: `6.${group + 5}.${i + 1}`,
      what: `${what}: ${digits}`,
      send: [text(payload)],
      answer: digits.startsWith("!") ? failed : [wordsOf("text", payload)],
    });
  }
}

function digits(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function prefixes(whole: Uint8Array): string[] {
  // Where characters end.
  const ends = new Set([2, 5, 7, 9, 11]);
  return [...whole].map((_, i) =>
    (ends.has(i + 1) ? "" : "!") + digits(whole.subarray(0, i + 1))
  );
}

function range(first: number, last: number, behind: string): string {
  let all = "";
  for (let byte = first; byte <= last; byte++) {
    all += byte.toString(16) + behind;
  }
  return all;
}

function cutSequences(): string[] {
  return [
    "c0",
    "e080",
    "f08080",
    "f8808080",
    "fc80808080",
    "df",
    "efbf",
    "f7bfbf",
    "fbbfbfbf",
    "fdbfbfbfbf",
  ];
}

/** The last two of each plane but the first, as far as they begin with these bytes. */
function nonCharacters(): string[] {
  const all: string[] = [];
  for (let plane = 1; plane <= 16; plane++) {
    for (const last of [0xfffe, 0xffff]) {
      all.push(digits(utf8(String.fromCodePoint(plane * 0x10000 + last))));
    }
  }
  return all;
}
