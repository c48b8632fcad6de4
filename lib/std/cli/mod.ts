/**
 * Reads command lines. A local stand-in for `@std/cli`; see `../README.md`.
 *
 * @module
 */
export * from "./parse_args.ts";
