/**
 * The languages that count, greet and show their environment in `examples/`.
 *
 * @module
 */
import { isMissing } from "./example.ts";

/** A language, and what its three examples need. */
export interface Language {
  readonly folder: string;
  /** How the files end. */
  readonly extension: string;
  /** Programs that run or compile it. */
  readonly needs: readonly string[];
  /** Variables that the language, or a shell on the way, sets itself. */
  readonly ownVariables?: readonly string[];
}

/** All of them. */
export const LANGUAGES: readonly Language[] = [
  {
    folder: "awk",
    extension: "awk",
    needs: ["gawk"],
    ownVariables: ["AWKPATH", "AWKLIBPATH"],
  },
  {
    folder: "bash",
    extension: "sh",
    needs: ["bash"],
    ownVariables: ["PWD", "SHLVL", "_"],
  },
  { folder: "c", extension: "c", needs: ["cc"] },
  { folder: "deno", extension: "ts", needs: ["deno"] },
  { folder: "go", extension: "go", needs: ["go"] },
  { folder: "java", extension: "java", needs: ["javac", "java"] },
  {
    folder: "lua",
    extension: "lua",
    needs: ["lua5.4"],
    ownVariables: ["PWD", "OLDPWD", "SHLVL", "_"],
  },
  { folder: "nodejs", extension: "js", needs: ["node"] },
  { folder: "perl", extension: "pl", needs: ["perl"] },
  { folder: "php", extension: "php", needs: ["php"] },
  {
    folder: "python",
    extension: "py",
    needs: ["python3"],
    ownVariables: [
      "LC_CTYPE",
      // With pyenv, which is a shell script.
      ...["PWD", "SHLVL", "PYENV_DIR", "PYENV_HOOK_PATH", "PYENV_ROOT"],
      ...["PYENV_VERSION", "_PYENV_INSTALL_PREFIX"],
    ],
  },
  { folder: "ruby", extension: "rb", needs: ["ruby"] },
  { folder: "rust", extension: "rs", needs: ["rustc"] },
  {
    folder: "sh",
    extension: "sh",
    needs: ["sh"],
    ownVariables: ["PWD", "OLDPWD", "SHLVL", "_"],
  },
];

/** Whether something is not installed that the examples in a language need. */
export function lacks({ needs }: Language): boolean {
  return needs.some(isMissing);
}
