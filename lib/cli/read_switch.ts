import { quoted } from "./escape.ts";
import { readBool } from "./go_values.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Reads the value of a switch of a subcommand.
 *
 * @param name Of the flag, without dashes.
 * @throws {UsageError} If it is no boolean.
 */
export function readSwitch(name: string, text: string): string {
  const value = readBool(text);
  if (typeof value === "boolean") return String(value);
  throw new UsageError(
    `invalid boolean value ${
      quoted(text)
    } for -${name}\nWrite --${name} or --${name}=false`,
    { code: 2, help: false },
  );
}
