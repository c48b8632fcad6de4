import { assertEquals } from "@std/assert";
import {
  encodeControl,
  isResumeToken,
  parseClientControl,
  parseControl,
  parseResumeToken,
  PROTOCOL,
  resumeToken,
} from "../../lib/client/protocol.ts";

const SESSION = "AAAAAAAAAAAAAAAAAAAA-_";

Deno.test("a control message is one JSON object, as text or as its UTF-8", () => {
  const hello = {
    type: "hello",
    session: SESSION,
    epoch: "e",
    output: 0,
    input: 0,
    resume: 30,
    resumed: false,
    lost: 0,
  } as const;
  const text = encodeControl(hello);
  assertEquals(parseControl(text), hello);
  assertEquals(parseControl(new TextEncoder().encode(text)), hello);
});

Deno.test("parseControl refuses what is no object with a type", () => {
  for (const text of ["", "{", "null", "1", "[]", "{}", '{"type":1}', '"x"']) {
    assertEquals(parseControl(text), null, text);
  }
  // Not UTF-8.
  assertEquals(
    parseControl(
      new Uint8Array(
        [...'{"type":"'].map((c) => c.charCodeAt(0)).concat(0xff, 0x22, 0x7d),
      ),
    ),
    null,
  );
});

Deno.test("parseClientControl knows ack, ignores unknown types, refuses wrong numbers", () => {
  const ack = { type: "ack", output: 7 } as const;
  assertEquals(parseClientControl(encodeControl(ack)), ack);
  assertEquals(parseClientControl('{"type":"ack","output":0,"x":1}'), {
    type: "ack",
    output: 0,
  });
  const named = { ...ack, epoch: "e" } as const;
  assertEquals(parseClientControl(encodeControl(named)), named);
  assertEquals(parseClientControl('{"type":"ack","output":7,"epoch":1}'), null);
  assertEquals(parseClientControl('{"type":"later"}'), { type: "unknown" });
  for (const output of ["-1", "0.5", "1e99", '"1"', "null", "[1]"]) {
    assertEquals(
      parseClientControl(`{"type":"ack","output":${output}}`),
      null,
      output,
    );
  }
  assertEquals(parseClientControl('{"type":"ack"}'), null);
});

Deno.test("a resume token is a subprotocol that says where a client was", () => {
  const point = { session: SESSION, output: 1234, epoch: "aB3-_" };
  const token = resumeToken(point);
  assertEquals(token, `resume.${SESSION}.1234.aB3-_`);
  assertEquals(parseResumeToken(token), point);
  // Only characters that a subprotocol may have (RFC 9110 §5.6.2).
  assertEquals(/^[!#$%&'*+.^_`|~\w-]+$/.test(token), true);
  const last = { ...point, output: Number.MAX_SAFE_INTEGER };
  assertEquals(parseResumeToken(resumeToken(last)), last);
});

Deno.test("parseResumeToken refuses what is malformed; isResumeToken knows it all the same", () => {
  for (
    const token of [
      "resume.",
      `resume.${SESSION}`,
      `resume.${SESSION}.1`,
      `resume.${SESSION}.1.`,
      `resume.${SESSION}.-1.e`,
      `resume.${SESSION}.01.e`,
      `resume.${SESSION}.1.5.e`,
      `resume.${SESSION}.9007199254740992.e`,
      `resume.${SESSION}x.1.e`,
      `resume.${SESSION.slice(1)}.1.e`,
      `resume.${SESSION}.1.${"e".repeat(65)}`,
      `resume.${SESSION}.1.e\n`,
      `resume.${SESSION.slice(1)}é.1.e`,
    ]
  ) {
    assertEquals(parseResumeToken(token), null, token);
    assertEquals(isResumeToken(token), true, token);
  }
  for (const other of [PROTOCOL, "bearer.x", "resume", "xresume.1"]) {
    assertEquals(parseResumeToken(other), null, other);
    assertEquals(isResumeToken(other), false, other);
  }
});
