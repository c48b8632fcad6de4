import type { COMPLETION_SHELLS } from "../flags.ts";
import { bashCompletion } from "./bash_completion.ts";
import { fishCompletion } from "./fish_completion.ts";
import { zshCompletion } from "./zsh_completion.ts";

/** The completions for a shell, made from the tables of flags. */
export function completionScript(
  shell: typeof COMPLETION_SHELLS[number],
): string {
  switch (shell) {
    case "bash":
      return bashCompletion();
    case "zsh":
      return zshCompletion();
    case "fish":
      return fishCompletion();
  }
}
