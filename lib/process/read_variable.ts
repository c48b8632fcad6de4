import { OptionError } from "../errors.ts";

/**
 * A variable of this process's own environment, or undefined if it is not set.
 *
 * @throws {OptionError} If its value is not UTF-8: the runtime can neither read such a value nor hand it to a program.
 */
export function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.InvalidData)) throw error;
    throw new OptionError(
      `Cannot use the environment variable ${name}: its value is not UTF-8; set it to one that is, or leave it out of --passenv`,
      { cause: error },
    );
  }
}
