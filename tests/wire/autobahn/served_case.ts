/**
 * Runs a case against a real server: `cat`, started by a session of the wire
 * engine.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { close, concat } from "../frames.ts";
import { type AutobahnCase, expected } from "./autobahn_case.ts";
import { connectServed } from "./served.ts";

const isData = (words: string) => /^(text|binary)\b/.test(words);

/**
 * Runs a case, frame by frame or in writes of a size, and checks what comes back. Unlike in an echo
 * within the codec, pongs do not wait for messages that the program has, and a
 * server that fails the connection does not wait for them either; the suite
 * allows both.
 */
export async function assertServed(
  one: AutobahnCase,
  size: number | "frame" = "frame",
): Promise<void> {
  const { send, answer } = one;
  const want = expected(one);
  await using served = await connectServed({
    framing: framingFor(one),
    maxFrameSize: 1 << 24,
  });
  const { peer } = served;
  const writing = size === "frame"
    ? (async () => {
      for (const frame of send) await peer.write(frame);
    })()
    : peer.write(concat(send), size);
  const got: string[] = [];
  while (got.length < answer.length && got.at(-1) !== "end") {
    got.push(withoutReason(await peer.next()));
  }
  if (!answer.at(-1)?.startsWith("close")) {
    await writing;
    await peer.write(close(1000));
    got.push(withoutReason(await peer.next()));
  }
  if (got.at(-1) !== "end") got.push(await peer.next());
  await writing;

  const others = (all: string[]) => all.filter((words) => !isData(words));
  assertEquals(others(got), others(want), "served");
  const messages = got.filter(isData), wanted = want.filter(isData);
  const hasFailed = /^close 100[279]/.test(answer.at(-1) ?? "");
  assertEquals(
    messages,
    hasFailed ? wanted.slice(0, messages.length) : wanted,
    "served",
  );
  assert(messages.length <= wanted.length);
}

/** A framing that takes the messages of a case and gives them back as they were. */
function framingFor({ send }: AutobahnCase): "length32" | "lines" | "nul" {
  // The opcode of what is no fragment and no control frame.
  if (send.some(([first]) => (first & 15) === 2)) return "length32";
  const all = concat(send.map(unmasked));
  return all.includes(0) ? "lines" : "nul";
}

/** The payload of a frame, or of a part of one as it is. */
function unmasked(frame: Uint8Array): Uint8Array {
  const [, second = 0] = frame;
  const size = (second & 127) < 126 ? 2 : (second & 127) === 126 ? 4 : 10;
  const key = frame.subarray(size, size + 4);
  return frame.subarray(size + 4).map((byte, i) => byte ^ key[i % 4]);
}

/** The words of a reason are not the suite's business. */
function withoutReason(words: string): string {
  return words.replace(/^(close \d+).*/, "$1");
}
