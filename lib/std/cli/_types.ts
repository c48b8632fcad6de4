type Names<T extends string> = T | readonly T[];

/** Settings of `parseArgs`. Every name is written without its dashes. */
export interface ParseOptions<
  TBoolean extends string = string,
  TString extends string = string,
  TCollect extends string = string,
  TNegatable extends string = string,
  TDefault extends Record<string, unknown> = Record<string, unknown>,
  TAlias extends Record<string, string | readonly string[]> = Record<
    string,
    string | readonly string[]
  >,
  TDoubleDash extends boolean | undefined = boolean | undefined,
> {
  /** Whether the words after `--` go to `result["--"]` instead of `result._`. @default {false} */
  "--"?: TDoubleDash;
  /** Other names for a name; the value is set under all of them. */
  alias?: TAlias;
  /** Names that are true or false and take no value, or true for every option with two dashes and no `=`. They are false if not given. */
  boolean?: boolean | Names<TBoolean>;
  /** Values of names that are not given. */
  default?: TDefault;
  /** Whether everything from the first word that is not an option goes to `result._`. @default {false} */
  stopEarly?: boolean;
  /** Names whose value is text, even if it looks like a number. */
  string?: Names<TString>;
  /** Names that may be repeated; their values are an array, empty if not given. */
  collect?: Names<TCollect>;
  /** Names that `--no-NAME` sets to false. */
  negatable?: Names<TNegatable>;
  /**
   * Called for every word or option that is not named here. If it returns
   * false, the word is left out of the result.
   *
   * @param arg The word as it was written.
   * @param key The name of the option, if the word is one.
   * @param value Its value, if the word is an option.
   */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** What `parseArgs` returns: the words that belong to no option in `_`, and a property for each option. */
export type Args<
  TBoolean extends string = never,
  TString extends string = never,
  TCollect extends string = never,
  TNegatable extends string = never,
  // deno-lint-ignore ban-types -- no defaults
  TDefault extends Record<string, unknown> = {},
  // deno-lint-ignore ban-types -- no aliases
  TAlias extends Record<string, string | readonly string[]> = {},
  TDoubleDash extends boolean | undefined = undefined,
> =
  & Flatten<
    & {
      [K in Exclude<TBoolean, keyof TDefault | TCollect>]: boolean;
    }
    & {
      [K in Exclude<TString, "_" | TCollect | keyof TDefault>]?:
        | string
        | (K extends TNegatable ? false : never);
    }
    & {
      [K in TCollect]:
        (K extends TBoolean ? boolean : K extends TString ? string
        : unknown)[];
    }
    & {
      [K in Exclude<keyof TDefault, TCollect>]:
        | Widen<TDefault[K]>
        | (K extends TString ? string : never)
        | (K extends TBoolean ? boolean : never)
        | (K extends TNegatable ? false : never);
    }
  >
  & AliasArgs<TAlias, TBoolean, TString, TCollect>
  & ([TString | TCollect | TBoolean] extends [never]
    // deno-lint-ignore no-explicit-any -- nothing is known of the options
    ? { [name: string]: any }
    : unknown)
  & { _: (string | number)[] }
  & (TDoubleDash extends true ? { "--": string[] }
    : unknown);

type Widen<T> = T extends string ? string
  : T extends number ? number
  : T extends boolean ? boolean
  : T;

type Flatten<T> = { [K in keyof T]: T[K] };

type AliasArgs<
  TAlias extends Record<string, string | readonly string[]>,
  TBoolean extends string,
  TString extends string,
  TCollect extends string,
> = UnionToIntersection<
  {
    [K in keyof TAlias & string]: {
      [A in AliasNames<TAlias[K]>]?: K extends TCollect
        ? (K extends TString ? string : unknown)[]
        : K extends TBoolean ? boolean
        : K extends TString ? string
        : unknown;
    };
  }[keyof TAlias & string]
>;

type AliasNames<T extends string | readonly string[]> = T extends string ? T
  : T[number];

type UnionToIntersection<T> =
  (T extends unknown ? (value: T) => void : never) extends
    ((value: infer R) => void) ? R : never;
