/**
 * Which engine the end-to-end tests run on: `ENGINE=wire deno task test:unit`
 * runs all of them on the other one.
 *
 * @module
 */
import type { EngineName } from "../../lib/mod.ts";

/** The engine under test. */
export const ENGINE: EngineName = Deno.env.get("ENGINE") === "wire"
  ? "wire"
  : "native";
