/**
 * A file as the answer to a request.
 *
 * @module
 */
import type { RequestHead } from "../exchange.ts";
import { type HeaderLine, textResponse } from "../response.ts";
import type { Found } from "../safe_path.ts";
import { type ByteRange, parseRanges } from "./byte_ranges.ts";
import { fileBody, type Piece } from "./file_body.ts";
import { mediaTypeOf } from "./media_type.ts";
import {
  checkPreconditions,
  isRangeAllowed,
  versionOf,
} from "./preconditions.ts";

/** What every answer carries that is of a file, or of a directory. */
export const STATIC_HEADERS: readonly HeaderLine[] = [
  // Ask again before each use: these are pages that somebody works on. Without
  // it browsers guess how long a file is good, and show what was there before.
  // An unchanged file costs them a 304.
  ["cache-control", "no-cache"],
  ["x-content-type-options", "nosniff"],
];

/**
 * Answers a GET or HEAD request with a file, or with as much of it as the
 * client asks for.
 *
 * @param found A regular file: anything else may block when opened. Its type is that of the name it was asked for by, whatever a link leads to.
 * @returns Null if there is no file, or none that this server may read.
 */
export async function fileResponse(
  request: RequestHead,
  { path, realPath }: Found,
): Promise<Response | null> {
  const opened = await openFile(realPath);
  if (opened === null) return null;
  using closer = new DisposableStack();
  const file = closer.use(opened);
  const info = await file.stat();
  if (!info.isFile) return null;
  const { size } = info;
  const version = versionOf(info, Date.now());
  const headers = new Headers([...STATIC_HEADERS] as [string, string][]);
  headers.set("etag", version.etag);
  if (version.modified !== null) {
    headers.set("last-modified", new Date(version.modified).toUTCString());
  }
  const unmet = checkPreconditions(request.headers, version);
  if (unmet === 304) return new Response(null, { status: 304, headers });
  if (unmet === 412) {
    return textResponse(412, "The file is not the version you asked for");
  }
  const isGet = request.method === "GET";
  const ranges = isGet && isRangeAllowed(request.headers, version)
    ? parseRanges(request.headers.get("range") ?? "", size)
    : null;
  if (ranges?.length === 0) {
    return textResponse(416, `The file has ${size} bytes, and none of those`, [
      ["content-range", `bytes */${size}`],
    ]);
  }
  headers.set("accept-ranges", "bytes");
  const { type, length, pieces, contentRange } = parts(
    ranges,
    size,
    mediaTypeOf(path),
  );
  headers.set("content-type", type);
  headers.set("content-length", String(length));
  if (contentRange !== null) headers.set("content-range", contentRange);
  if (!isGet) return new Response(null, { headers });
  closer.move();
  const status = ranges === null ? 200 : 206;
  return new Response(fileBody(file, pieces), { status, headers });
}

/** What a body consists of, and the headers that describe it. */
interface Parts {
  readonly type: string;
  readonly length: number;
  readonly pieces: readonly Piece[];
  readonly contentRange: string | null;
}

function parts(
  ranges: readonly ByteRange[] | null,
  size: number,
  type: string,
): Parts {
  if (ranges === null) {
    const pieces = [{ start: 0, end: size }];
    return { type, length: size, pieces, contentRange: null };
  }
  if (ranges.length === 1) {
    const [{ start, end }] = ranges;
    const contentRange = contentRangeOf(ranges[0], size);
    return { type, length: end - start, pieces: ranges, contentRange };
  }
  // Unguessable, so that no file can contain it on purpose.
  const boundary = crypto.randomUUID();
  const encoder = new TextEncoder();
  const pieces: Piece[] = [];
  for (const range of ranges) {
    const head = [
      `\r\n--${boundary}`,
      `Content-Type: ${type}`,
      `Content-Range: ${contentRangeOf(range, size)}`,
    ];
    pieces.push(encoder.encode(`${head.join("\r\n")}\r\n\r\n`), range);
  }
  pieces.push(encoder.encode(`\r\n--${boundary}--\r\n`));
  return {
    type: `multipart/byteranges; boundary=${boundary}`,
    length: pieces.reduce((sum, piece) => sum + lengthOf(piece), 0),
    pieces,
    contentRange: null,
  };
}

function contentRangeOf({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}

function lengthOf(piece: Piece): number {
  return piece instanceof Uint8Array
    ? piece.byteLength
    : piece.end - piece.start;
}

async function openFile(path: string): Promise<Deno.FsFile | null> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotCapable
    ) return null;
    // Too many open files is the server's trouble, and not "not found".
    throw error;
  }
}
