import { Buffer } from "node:buffer";

/** How an answer goes out. */
export interface AnswerOptions {
  /** What was asked with: HEAD gets no body. @default {"GET"} */
  readonly method?: string;
  /** Whether another request may follow on the connection. @default {false} */
  readonly keepAlive?: boolean;
}

/** Statuses of this server's own answers, in words. */
const WORDS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  414: "URI Too Long",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

/** Headers that depend on the connection, and so are written here. */
const OWN = ["connection", "content-length", "date", "transfer-encoding"];

/**
 * A small answer as HTTP/1.1 sends it, its body included. The whole body is in
 * memory for that.
 */
export async function answerBytes(
  response: Response,
  { method = "GET", keepAlive = false }: AnswerOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const body = await response.bytes();
  const lines = [
    `HTTP/1.1 ${response.status} ${
      response.statusText || (WORDS[response.status] ?? "")
    }`,
  ];
  for (const [name, value] of response.headers) {
    if (!OWN.includes(name)) lines.push(`${name}: ${value}`);
  }
  lines.push(
    `content-length: ${body.length}`,
    `date: ${new Date().toUTCString()}`,
  );
  // What is about the connection has to be named (RFC 9110 §7.8).
  const connection = response.headers.has("upgrade") ? ["upgrade"] : [];
  if (!keepAlive) connection.push("close");
  if (connection.length > 0) lines.push(`connection: ${connection.join(", ")}`);
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return new Uint8Array(
    Buffer.concat(method === "HEAD" ? [head] : [head, body]),
  );
}
