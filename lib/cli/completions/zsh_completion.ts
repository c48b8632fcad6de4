import {
  COMPLETED_COMMANDS,
  type CompletedFlag,
  shortHelp,
  takesNextWord,
  valueKind,
} from "./flag_value.ts";

/** Completions for zsh: a file `_websocketd` in a directory of `fpath`. */
export function zshCompletion(): string {
  const tables = COMPLETED_COMMANDS.map(({ name, flags }) =>
    `local -a ${name}=(\n${
      flags.flatMap(specs).map((spec) => `  ${quote(spec)}`).join("\n")
    }\n)`
  );
  return `#compdef websocketd
# Completions of websocketd for zsh, made by websocketd --completions=zsh.

${tables.join("\n")}

# A program in PATH, or a file.
_websocketd_program() {
  local -a tags=('commands:program:_command_names -e' 'files:file:_files')
  ((CURRENT > 2)) || [[ $1 == nested ]] ||
    tags+=('subcommands:command:((check\\:"say what is wrong with a command line" connect\\:"connect to a WebSocket"))')
  _alternative $tags
}

if ((CURRENT > 2)); then
  case $words[2] in
    check)
      shift words
      ((CURRENT--))
      _arguments -S $check '(-)1:program:_websocketd_program nested' '*:: :_normal'
      return
      ;;
    connect)
      shift words
      ((CURRENT--))
      _arguments -S $connect '1:address:_urls'
      return
      ;;
  esac
fi
_arguments -S $server '(-)1:program:_websocketd_program' '*:: :_normal'
`;
}

/** How \`_arguments\` wants a flag: with its help, and what its value may be. */
function specs(flag: CompletedFlag): string[] {
  const help = shortHelp(flag).replaceAll(/[[\]\\:]/g, "\\$&");
  const often = flag.type === "list" ? "*" : "";
  const value = valueKind(flag);
  const short = flag.short === undefined
    ? []
    : [`${often}-${flag.short}[${help}]${valueSpec(flag, value)}`];
  if (value === null) return [`${often}--${flag.name}[${help}]`, ...short];
  const equals = takesNextWord(flag) ? "=" : "=-";
  const optional = takesNextWord(flag) ? "" : ":";
  return [
    `${often}--${flag.name}${equals}[${help}]${optional}${
      valueSpec(flag, value)
    }`,
    ...short,
  ];
}

function valueSpec(
  flag: CompletedFlag,
  value: ReturnType<typeof valueKind>,
): string {
  if (value === null) return "";
  const message = flag.value!.replaceAll("'", "").replaceAll(":", "\\:");
  return `:${message}:${action(value)}`;
}

function action(value: NonNullable<ReturnType<typeof valueKind>>): string {
  switch (value.kind) {
    case "words":
      return `(${
        value.words.map((word) => word.replaceAll(":", "\\:")).join(" ")
      })`;
    case "file":
      return "_files";
    case "directory":
      return "_files -/";
    case "any":
      return "";
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
