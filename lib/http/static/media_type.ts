/**
 * What a file is, by its name.
 *
 * @module
 */

/**
 * Media types and the extensions that mean them: what browsers know what to do
 * with, and what people put beside it (the WHATWG's MIME Sniffing and HTML, and
 * IANA's register).
 */
const EXTENSIONS: Readonly<Record<string, string>> = {
  "application/atom+xml": "atom",
  "application/epub+zip": "epub",
  "application/gzip": "gz tgz",
  "application/json": "json map",
  "application/ld+json": "jsonld",
  "application/manifest+json": "webmanifest",
  "application/pdf": "pdf",
  "application/rss+xml": "rss",
  "application/rtf": "rtf",
  "application/vnd.sqlite3": "sqlite sqlite3",
  "application/wasm": "wasm",
  "application/x-7z-compressed": "7z",
  "application/x-bzip2": "bz2",
  "application/x-tar": "tar",
  "application/x-xz": "xz",
  "application/xhtml+xml": "xhtml xht",
  "application/xml": "xml xsl xsd",
  "application/zip": "zip",
  "application/zstd": "zst",
  "audio/aac": "aac",
  "audio/flac": "flac",
  "audio/midi": "mid midi",
  "audio/mp4": "m4a",
  "audio/mpeg": "mp3",
  "audio/ogg": "oga ogg opus",
  "audio/wav": "wav",
  "audio/webm": "weba",
  "font/collection": "ttc",
  "font/otf": "otf",
  "font/ttf": "ttf",
  "font/woff": "woff",
  "font/woff2": "woff2",
  "image/apng": "apng",
  "image/avif": "avif",
  "image/bmp": "bmp",
  "image/gif": "gif",
  "image/jpeg": "jpg jpeg",
  "image/jxl": "jxl",
  "image/png": "png",
  "image/svg+xml": "svg",
  "image/tiff": "tif tiff",
  "image/vnd.microsoft.icon": "ico",
  "image/webp": "webp",
  "model/gltf+json": "gltf",
  "model/gltf-binary": "glb",
  "text/calendar": "ics",
  "text/css": "css",
  "text/csv": "csv",
  "text/html": "html htm",
  "text/javascript": "js mjs cjs",
  "text/markdown": "md markdown",
  "text/plain":
    "txt text log conf ini toml yaml yml sh bash bat c h cc cpp hpp cs go java jsx kt lua patch diff php pl ps1 py r rb rs scala sql swift ts tsx zig",
  "text/vcard": "vcf",
  "text/vtt": "vtt",
  "video/mp2t": "m2ts",
  "video/mp4": "mp4 m4v",
  "video/mpeg": "mpeg mpg",
  "video/ogg": "ogv",
  "video/quicktime": "mov",
  "video/webm": "webm",
  "video/x-matroska": "mkv",
};

const TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries(EXTENSIONS).flatMap(([type, extensions]) =>
    extensions.split(" ").map((extension) => [extension, type])
  ),
);

/** Formats that are text by another name, and whose readers look at the header before they look into the file. */
const TEXT = /^text\/|[/+](?:json|xml)$/;

/**
 * The value of `Content-Type` for a file, with the encoding if it is text:
 * UTF-8. What nobody knows is bytes to download, as a guess by its content
 * would let a picture be a page.
 *
 * @param name A name or a path.
 */
export function mediaTypeOf(name: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1].toLowerCase() ?? "";
  const type = TYPES.get(extension) ?? "application/octet-stream";
  return TEXT.test(type) ? `${type}; charset=utf-8` : type;
}
