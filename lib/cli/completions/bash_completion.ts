import {
  COMPLETED_COMMANDS,
  type CompletedFlag,
  takesNextWord,
  valueKind,
} from "./flag_value.ts";

/** Completions for bash 4.1 and later, to be sourced. */
export function bashCompletion(): string {
  const cases = COMPLETED_COMMANDS.flatMap(({ name, flags }) =>
    flags.filter(({ value }) => value !== null).map((flag) =>
      `    ${namesOf(flag).map((one) => `${name}:${one}`).join("|")}) echo '${
        kindOf(flag)
      }' ;;`
    )
  );
  const lists = COMPLETED_COMMANDS.map(({ name, flags }) =>
    `    ${name}) echo '${flags.map(written).join(" ")}' ;;`
  );
  return `# Completions of websocketd for bash, made by websocketd --completions=bash.

# The flags of a command.
_websocketd_flags() {
  case $1 in
${lists.join("\n")}
  esac
}

# How the value of a flag is written: COMMAND:NAME to "next" if it may be a word
# of its own, else "same", and what it is. Nothing for a flag without value.
_websocketd_value() {
  case $1 in
${cases.join("\n")}
  esac
}

# Offers values: KIND WORDS... VALUE
_websocketd_offer() {
  local value=\${!#}
  case $1 in
    words) mapfile -t COMPREPLY < <(compgen -W "\${*:2:$# - 2}" -- "$value") ;;
    file) compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$value") ;;
    directory) compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$value") ;;
  esac
}

_websocketd() {
  local -a words=() kind=()
  local i word last command=server
  COMPREPLY=()
  # bash takes --port=80 for three words, and --auth=basic:FILE for five.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    last=
    ((\${#words[@]} == 0)) || last=\${words[-1]}
    if [[ $last == -* ]] && { [[ $word == [=:]* ]] || [[ $last == *[=:] ]]; }; then
      words[-1]+=$word
      continue
    fi
    if [[ $last != "" ]]; then
      # The word before is whole now.
      if ((\${#kind[@]} > 0)); then kind=()
      elif [[ $last == -?*=* ]]; then :
      elif [[ $last == -?* && $last != -- ]]; then
        last=\${last#-}
        read -ra kind < <(_websocketd_value "$command:\${last#-}")
        [[ \${kind[0]-} == next ]] || kind=()
      elif [[ \${#words[@]} == 1 && ($last == check || $last == connect) ]]; then
        command=$last
      elif [[ $command != connect || $last == -- ]]; then
        # The program, and what belongs to it.
        [[ $last == -- ]] || ((i--))
        if declare -F _command_offset >/dev/null; then _command_offset "$i"
        else
          word=\${COMP_WORDS[COMP_CWORD]}
          compopt -o filenames 2>/dev/null
          if ((i == COMP_CWORD)) && [[ $word != */* ]]; then
            mapfile -t COMPREPLY < <(compgen -c -- "$word" | sort -u)
          else mapfile -t COMPREPLY < <(compgen -f -- "$word"); fi
        fi
        return
      fi
    fi
    words+=("$word")
  done
  word=\${words[-1]-}
  if ((\${#kind[@]} > 0)); then
    _websocketd_offer "\${kind[@]:1}" "$word"
  elif [[ $word == -*=* ]]; then
    last=\${word%%=*}
    last=\${last#-}
    read -ra kind < <(_websocketd_value "$command:\${last#-}")
    word=\${word#*=}
    # Behind a colon, as in --auth=basic:FILE, is a path; bash replaces only that.
    if [[ \${kind[1]-} == words && $word == *:* ]]; then
      _websocketd_offer file "\${word#*:}"
    else _websocketd_offer "\${kind[@]:1}" "$word"; fi
  elif [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_websocketd_flags "$command")" -- "$word")
    [[ \${#COMPREPLY[@]} != 1 || \${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
  elif [[ $command != connect ]]; then
    compopt -o filenames 2>/dev/null
    if [[ $word != */* ]]; then
      mapfile -t COMPREPLY < <(compgen -c -- "$word" | sort -u)
      ((\${#words[@]} > 1)) || for last in check connect; do
        [[ $last != "$word"* ]] || COMPREPLY+=("$last")
      done
    fi
    while IFS= read -r last; do COMPREPLY+=("$last"); done < <(compgen -f -- "$word")
  fi
}

complete -F _websocketd websocketd
`;
}

function namesOf({ name, short }: CompletedFlag): string[] {
  return short === undefined ? [name] : [name, short];
}

function written(flag: CompletedFlag): string {
  return takesNextWord(flag) ? `--${flag.name}=` : `--${flag.name}`;
}

function kindOf(flag: CompletedFlag): string {
  const value = valueKind(flag)!;
  const words = value.kind === "words" ? value.words : [];
  return [takesNextWord(flag) ? "next" : "same", value.kind, ...words]
    .join(" ");
}
