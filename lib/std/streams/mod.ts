/**
 * Helpers for web streams. A local stand-in for `@std/streams`; see `../README.md`.
 *
 * @module
 */
export * from "./concat_readable_streams.ts";
export * from "./merge_readable_streams.ts";
export * from "./text_line_stream.ts";
export * from "./to_array_buffer.ts";
export * from "./to_blob.ts";
export * from "./to_json.ts";
export * from "./to_text.ts";
