/**
 * A transcript as a file.
 *
 * @module
 */
import { bytesOfData } from "./bytes_of_data.ts";
import { type Data, type Entry, textOf } from "./entry.ts";
import { digitsOf } from "./hex.ts";
import { clock } from "./numbers.ts";

const ARROWS = { sent: "->", received: "<-", event: "--" } as const;

/** Bytes of a binary message that the text form shows; the JSON form has all. */
const SHOWN = 1024;

/** Lines of text, one for each entry and indented ones for what has several. */
export async function transcriptText(
  entries: readonly Entry[],
): Promise<string> {
  let text = "";
  for (const entry of entries) {
    const content = await contentOf(entry);
    text += `${clock(entry.time)} ${ARROWS[entry.direction]} ${entry.name}${
      content === "" ? "" : ` ${content.replaceAll("\n", "\n    ")}`
    }\n`;
  }
  return text;
}

/** Everything, as JSON: text as it is, bytes in base64. Files that were sent are named only. */
export async function transcriptJson(
  entries: readonly Entry[],
): Promise<string> {
  const objects: string[] = [];
  for (const entry of entries) {
    const { time, name, direction, bytes, facts, words } = entry;
    objects.push(JSON.stringify({
      time: new Date(time).toISOString(),
      name,
      direction,
      ...(entry.data !== null && { bytes, ...await jsonOf(entry.data) }),
      ...(facts && { details: Object.fromEntries(facts) }),
      ...(words && { meaning: words }),
    }));
  }
  return `[\n${objects.join(",\n")}\n]\n`;
}

async function contentOf(entry: Entry): Promise<string> {
  const { data, bytes } = entry;
  if (data === null || typeof data === "string") return textOf(entry);
  if (data instanceof File) return `[file ${data.name}, ${bytes} bytes]`;
  const shown = digitsOf(await bytesOfData(data, SHOWN));
  return `[${bytes} bytes] ${shown}${bytes > SHOWN ? " …" : ""}`;
}

async function jsonOf(
  data: Data,
): Promise<Record<string, string>> {
  if (typeof data === "string") return { type: "text", data };
  if (data instanceof File) return { type: "file", file: data.name };
  return {
    type: data instanceof Blob ? "blob" : "arraybuffer",
    base64: base64(await bytesOfData(data)),
  };
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}
