/**
 * The first line of a script.
 *
 * @module
 */

/** What a first line asks the system to start. */
export interface Shebang {
  /** The path behind `#!`. */
  readonly interpreter: string;
  /** What the interpreter gets before the script: all the rest of the line as one word, as Linux has it; empty if there is none. */
  readonly argument: string;
}

/** What `env` is asked to find in PATH. */
export interface EnvTarget {
  /** The name; empty if there is none. */
  readonly name: string;
  /** The whole argument, if `env` will take it for one name with spaces in it; else null. */
  readonly unsplit: string | null;
}

/** Takes a first line apart, without its newline. Null if it does not begin with `#!`. */
export function parseShebang(line: string): Shebang | null {
  const match = /^#![ \t]*([^ \t]*)[ \t]*(.*?)[ \t]*$/s.exec(line);
  return match === null ? null : { interpreter: match[1], argument: match[2] };
}

/** Whether the interpreter is `env`, which finds another one in PATH. */
export function isEnv({ interpreter }: Shebang): boolean {
  return /(?:^|\/)env$/.test(interpreter);
}

/**
 * The program that `env` is asked to start. Only with `-S` does it split its one
 * argument into words; options and `NAME=value` may stand before the name.
 */
export function envTarget(argument: string): EnvTarget {
  const split = /^(?:-[iv0]*S[ \t]*|--split-string(?:=|[ \t]+))(.*)$/s
    .exec(argument);
  if (split === null) {
    const isOne = !/[ \t]/.test(argument);
    return {
      name: isOne ? argument : argument.split(/[ \t]+/)[0],
      unsplit: isOne ? null : argument,
    };
  }
  const words = split[1].match(/"[^"]*"|'[^']*'|[^ \t]+/g) ?? [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i].replace(/^(["'])(.*)\1$/s, "$2");
    // Options that take the next word.
    if (/^(?:-u|--unset|-C|--chdir)$/.test(word)) i++;
    else if (!word.startsWith("-") && !/^\w+=/.test(word)) {
      return { name: word, unsplit: null };
    }
  }
  return { name: "", unsplit: null };
}
