/** What a {@linkcode UsageError} does besides its message. */
export interface UsageErrorOptions {
  /** Exit code: 2 for a flag that cannot be read, 1 for what makes no sense. */
  readonly code: 1 | 2;
  /** Where the message goes. @default {"stderr"} */
  readonly stream?: "stdout" | "stderr";
  /** Whether the short help follows, on stderr. @default {true} */
  readonly help?: boolean;
}

/** The command line cannot be used. The only error that reading one throws. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code: 1 | 2;
  readonly stream: "stdout" | "stderr";
  readonly help: boolean;

  /** @param message What is wrong and what to write instead. */
  constructor(message: string, options: UsageErrorOptions) {
    super(message);
    this.code = options.code;
    this.stream = options.stream ?? "stderr";
    this.help = options.help ?? true;
  }
}
