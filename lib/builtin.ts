interface Builtins {
  readonly "node:crypto": typeof import("node:crypto");
  readonly "node:net": typeof import("node:net");
  readonly "node:process": typeof import("node:process");
  readonly "node:worker_threads": typeof import("node:worker_threads");
  readonly "node:zlib": typeof import("node:zlib");
}

/** Where the runtime has it; to import it would load what it stands beside. */
const runtime = globalThis as unknown as {
  readonly process: {
    getBuiltinModule<Name extends keyof Builtins>(name: Name): Builtins[Name];
  };
};

/**
 * A module of the runtime, loaded when it is first asked for. What a plain
 * start does not need is not to be imported: each of these takes 10 to 30 ms of
 * a processor, as long as Deno itself needs to start. Never throws.
 */
export function builtin<Name extends keyof Builtins>(
  name: Name,
): Builtins[Name] {
  return runtime.process.getBuiltinModule(name);
}
