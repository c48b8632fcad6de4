import type { Args, ParseOptions } from "./_types.ts";

export type { Args, ParseOptions } from "./_types.ts";

/**
 * Reads a command line into named options and the words between them.
 *
 * - `--name=value`, `--name value`, `-n value`, `-n=value` and `-n5` set a value, `--name` and `-n` say true. `-abc` is `-a -b -c`.
 * - The next word is taken as the value unless it starts with `-` or the option is boolean; a boolean takes only `true` and `false`.
 * - What looks like a number becomes one, unless the option is named in `string`.
 * - A dot in a name makes an object: `--a.b=1` gives `{ a: { b: 1 } }`.
 * - Words after `--` are never read as options.
 *
 * @param args The words of the command line, without the program's name.
 */
export function parseArgs<
  const TBoolean extends string = never,
  const TString extends string = never,
  const TCollect extends string = never,
  const TNegatable extends string = never,
  // deno-lint-ignore ban-types -- no defaults
  TDefault extends Record<string, unknown> = {},
  // deno-lint-ignore ban-types -- no aliases
  const TAlias extends Record<string, string | readonly string[]> = {},
  TDoubleDash extends boolean | undefined = undefined,
>(
  args: readonly string[],
  options: ParseOptions<
    TBoolean,
    TString,
    TCollect,
    TNegatable,
    TDefault,
    TAlias,
    TDoubleDash
  > = {},
): Args<
  TBoolean,
  TString,
  TCollect,
  TNegatable,
  TDefault,
  TAlias,
  TDoubleDash
> {
  const parser = new Parser(options as ParseOptions);
  parser.parse(args);
  return parser.result as ReturnType<
    typeof parseArgs<
      TBoolean,
      TString,
      TCollect,
      TNegatable,
      TDefault,
      TAlias,
      TDoubleDash
    >
  >;
}

/** Names that would reach a prototype instead of naming a value. */
const UNSAFE = new Set(["__proto__", "constructor", "prototype"]);

/** The state of reading one command line. */
class Parser {
  readonly result: Record<string, unknown> & { _: (string | number)[] } = {
    _: [],
  };
  readonly #booleans: Set<string>;
  readonly #strings: Set<string>;
  readonly #collected: Set<string>;
  readonly #negatable: Set<string>;
  /** Every name that means the same as a name, without itself. */
  readonly #aliases = new Map<string, Set<string>>();
  readonly #allBooleans: boolean;
  readonly #options: ParseOptions;

  constructor(options: ParseOptions) {
    this.#options = options;
    this.#allBooleans = options.boolean === true;
    for (const [name, others] of Object.entries(options.alias ?? {})) {
      const group = [name, ...namesOf(others)];
      for (const one of group) {
        this.#aliases.set(one, new Set(group.filter((other) => other !== one)));
      }
    }
    this.#booleans = this.#withAliases(
      typeof options.boolean === "boolean" ? [] : namesOf(options.boolean),
    );
    this.#strings = this.#withAliases(namesOf(options.string));
    this.#collected = this.#withAliases(namesOf(options.collect));
    this.#negatable = this.#withAliases(namesOf(options.negatable));
  }

  parse(args: readonly string[]): void {
    const dashes = args.indexOf("--");
    const words = dashes < 0 ? args : args.slice(0, dashes);
    const after = dashes < 0 ? [] : args.slice(dashes + 1);
    for (let i = 0; i < words.length; i++) {
      const word = words[i];
      const next = words[i + 1];
      if (word.startsWith("--")) {
        if (this.#long(word, next)) i++;
      } else if (word.startsWith("-") && word !== "-") {
        if (this.#short(word, next)) i++;
      } else {
        this.#positional(word);
        if (!this.#options.stopEarly) continue;
        this.result._.push(...words.slice(i + 1));
        break;
      }
    }
    this.#fillDefaults();
    if (this.#options["--"]) this.result["--"] = [...after];
    else for (const word of after) this.result._.push(word);
  }

  /** @returns Whether `next` was taken as the value. */
  #long(word: string, next: string | undefined): boolean {
    const assigned = /^--([^=]+)=(.*)$/s.exec(word);
    if (assigned !== null) {
      const [, name, value] = assigned;
      this.#set(name, this.#isBoolean(name) ? value !== "false" : value, word);
      return false;
    }
    const negated = word.startsWith("--no-") ? word.slice(5) : "";
    if (this.#negatable.has(negated)) {
      this.#set(negated, false, word, false);
      return false;
    }
    return this.#setFromNext(word.slice(2), next, word, this.#allBooleans);
  }

  /** @returns Whether `next` was taken as the value. */
  #short(word: string, next: string | undefined): boolean {
    const letters = word.slice(1);
    for (let i = 0; i < letters.length - 1; i++) {
      const letter = letters[i];
      const rest = letters.slice(i + 1);
      const isLetter = /[A-Za-z]/.test(letter);
      if (isLetter && rest.startsWith("=")) {
        this.#set(letter, rest.slice(1), word);
        return false;
      }
      const isValue = rest === "-" ||
        (isLetter && /^-?\d+(\.\d*)?(e-?\d+)?$/.test(rest)) ||
        /^\W/.test(rest);
      if (isValue) {
        this.#set(letter, rest, word);
        return false;
      }
      this.#set(letter, this.#strings.has(letter) ? "" : true, word);
    }
    return this.#setFromNext(letters[letters.length - 1], next, word, false);
  }

  /** Sets an option that has no value in its own word. @returns Whether `next` was taken as the value. */
  #setFromNext(
    name: string,
    next: string | undefined,
    word: string,
    booleanByDefault: boolean,
  ): boolean {
    const isValue = next === "-" || !(next?.startsWith("-") ?? true);
    const takesNext = isValue && !this.#isBoolean(name) && !booleanByDefault;
    if (takesNext) {
      this.#set(name, next, word);
      return true;
    }
    if (next === "true" || next === "false") {
      this.#set(name, next === "true", word);
      return true;
    }
    this.#set(name, this.#strings.has(name) ? "" : true, word);
    return false;
  }

  /** Sets an option under all its names, unless it is unknown and refused. */
  #set(name: string, given: unknown, word: string, collects = true): void {
    if (!this.#isKnown(name) && this.#options.unknown !== undefined) {
      if (this.#options.unknown(word, name, given) === false) return;
    }
    const value = typeof given === "string" && !this.#strings.has(name)
      ? numberOrText(given)
      : given;
    this.#setAll(name, value, collects && this.#collected.has(name));
  }

  #positional(word: string): void {
    if (this.#options.unknown?.(word) === false) return;
    this.result._.push(this.#strings.has("_") ? word : numberOrText(word));
  }

  #fillDefaults(): void {
    const set = (name: string, value: unknown) => {
      if (read(this.result, name) === undefined) {
        this.#setAll(name, value, false);
      }
    };
    for (const [name, value] of Object.entries(this.#options.default ?? {})) {
      set(name, value);
    }
    for (const name of this.#collected) set(name, []);
    for (const name of this.#booleans) set(name, false);
  }

  #setAll(name: string, value: unknown, collects: boolean): void {
    for (const one of [name, ...(this.#aliases.get(name) ?? [])]) {
      write(this.result, one, value, collects);
    }
  }

  #isBoolean(name: string): boolean {
    return this.#booleans.has(name);
  }

  #isKnown(name: string): boolean {
    return this.#booleans.has(name) || this.#strings.has(name) ||
      this.#aliases.has(name) || this.#collected.has(name) ||
      this.#negatable.has(name);
  }

  #withAliases(names: readonly string[]): Set<string> {
    return new Set(
      names.flatMap((name) => [name, ...(this.#aliases.get(name) ?? [])]),
    );
  }
}

function namesOf(names: string | readonly string[] | undefined): string[] {
  if (names === undefined) return [];
  return typeof names === "string" ? [names] : [...names];
}

function numberOrText(text: string): string | number {
  const isNumber = /^0x[0-9a-f]+$/i.test(text) ||
    /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(text);
  return isNumber ? Number(text) : text;
}

function read(object: Record<string, unknown>, path: string): unknown {
  let value: unknown = object;
  for (const key of path.split(".")) {
    if (value === null || typeof value !== "object") return undefined;
    if (!Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function write(
  object: Record<string, unknown>,
  path: string,
  value: unknown,
  collects: boolean,
): void {
  const keys = path.split(".");
  if (keys.some((key) => UNSAFE.has(key))) return;
  const last = keys.pop()!;
  let target = object;
  for (const key of keys) {
    const inner = target[key];
    if (inner === null || typeof inner !== "object") target[key] = {};
    target = target[key] as Record<string, unknown>;
  }
  if (!collects) target[last] = value;
  else if (Array.isArray(target[last])) target[last].push(value);
  else target[last] = [value];
}
