/**
 * What was done on the page, as the JavaScript that does the same.
 *
 * @module
 */
import { bytesOf, type Data } from "./entry.ts";
import { size } from "./numbers.ts";

/** Characters of a message that are shown. */
const LONGEST = 120;

/** The program up to the point where something is done with the connection. */
export function openingCode(
  url: string,
  protocols: readonly string[],
  binaryType: BinaryType,
): string {
  const offered = protocols.length === 0
    ? ""
    : `  [${protocols.map(literal).join(", ")}],\n`;
  const binary = binaryType === "blob"
    ? ""
    : `ws.binaryType = ${literal(binaryType)};\n`;
  return `const ws = new WebSocket(
  ${literal(url)},
${offered});
${binary}
ws.onopen = () =>
  console.log("open", ws.protocol);
ws.onmessage = (event) =>
  console.log(event.data);
ws.onerror = () =>
  console.log("error");
ws.onclose = ({ code, reason }) =>
  console.log(code, reason);`;
}

/** A call of `send`. */
export function sendCode(data: Data): string {
  if (typeof data === "string") return `ws.send(${literal(data)});`;
  const bytes = size(bytesOf(data));
  if (data instanceof File) {
    return `ws.send(input.files[0]); // a Blob: ${
      oneLine(data.name)
    }, ${bytes}`;
  }
  if (data instanceof Blob) return `ws.send(blob); // ${bytes}`;
  if (data.byteLength > 16) {
    return `ws.send(await file.arrayBuffer()); // ${bytes}`;
  }
  const list = Array.from(
    new Uint8Array(data),
    (byte) => `0x${byte.toString(16).padStart(2, "0")}`,
  );
  return `ws.send(new Uint8Array([${list.join(", ")}]).buffer);`;
}

/** A call of `close`. */
export function closeCode(code: number | undefined, reason: string): string {
  if (code === undefined) return "ws.close();";
  return reason === ""
    ? `ws.close(${code});`
    : `ws.close(${code}, ${literal(reason)});`;
}

function literal(text: string): string {
  return text.length > LONGEST
    ? `${JSON.stringify(text.slice(0, LONGEST))} /* … */`
    : JSON.stringify(text);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}
