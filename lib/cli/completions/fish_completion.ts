import {
  COMPLETED_COMMANDS,
  type CompletedFlag,
  shortHelp,
  takesNextWord,
  valueKind,
} from "./flag_value.ts";

/** Completions for fish: a file `websocketd.fish` in one of its directories for them. */
export function fishCompletion(): string {
  const takers = COMPLETED_COMMANDS.map(({ name, flags }) =>
    `        case ${name}\n            contains -- $argv[2] ${
      flags.filter(takesNextWord)
        .flatMap(({ name, short }) => short ? [name, short] : [name])
        .join(" ")
    }`
  );
  const lines = COMPLETED_COMMANDS.flatMap(({ name, flags }) =>
    flags.map((flag) =>
      `complete -c websocketd -n '__websocketd_at ${name}' ${
        switches(flag)
      } -d ${quote(shortHelp(flag))}`
    )
  );
  return `# Completions of websocketd for fish, made by websocketd --completions=fish.

# Whether a flag of a command has its value in the next word.
function __websocketd_takes
    switch $argv[1]
${takers.join("\n")}
    end
end

# The command whose flags may stand here, or "program" and the words from the program on.
function __websocketd_place
    set -l command server
    set -l words (commandline -opc)[2..]
    set -l number 0
    set -l skips no
    for word in $words
        set number (math $number + 1)
        if test $skips = yes
            set skips no
            continue
        end
        switch $word
            case --
                printf '%s\\n' program $words[(math $number + 1)..]
                return
            case '-*=*'
            case '-?*'
                __websocketd_takes $command (string replace -r '^--?' '' -- $word)
                and set skips yes
            case '*'
                if test $number = 1; and contains -- $word check connect
                    set command $word
                else if test $command != connect
                    printf '%s\\n' program $words[$number..]
                    return
                end
        end
    end
    if test $number = 0
        echo first
    end
    echo $command
end

function __websocketd_at
    contains -- $argv[1] (__websocketd_place)
    and not contains -- program (__websocketd_place)[1]
end

function __websocketd_at_program
    test (__websocketd_place)[1] = program
end

# What the program itself takes.
function __websocketd_rest
    set -l words (__websocketd_place)[2..]
    if test (count $words) = 0
        __fish_complete_command
    else
        complete -C (string join -- ' ' (string escape -- $words) (commandline -ct))
    end
end

complete -c websocketd -n __websocketd_at_program -x -a '(__websocketd_rest)'
complete -c websocketd -n '__websocketd_at first' -a check -d 'Say what is wrong with a command line'
complete -c websocketd -n '__websocketd_at first' -a connect -d 'Connect to a WebSocket'
complete -c websocketd -n '__websocketd_at server; or __websocketd_at check' -a '(__fish_complete_command)'
complete -c websocketd -n '__websocketd_at connect' -f
${lines.join("\n")}
`;
}

function switches(flag: CompletedFlag): string {
  const names = flag.short === undefined
    ? `-l ${flag.name}`
    : `-s ${flag.short} -l ${flag.name}`;
  const value = valueKind(flag);
  if (value === null || !takesNextWord(flag)) return `-f ${names}`;
  switch (value.kind) {
    case "words":
      return `-x ${names} -a ${quote(value.words.join(" "))}`;
    case "file":
      return `-r -F ${names}`;
    case "directory":
      return `-x ${names} -a '(__fish_complete_directories (commandline -ct))'`;
    case "any":
      return `-x ${names}`;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
