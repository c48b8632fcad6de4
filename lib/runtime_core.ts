/** The part of the runtime's core that is used here. It is private: any of it may be missing. */
export interface RuntimeCore {
  read(resource: number, buffer: Uint8Array): Promise<number>;
  writeAll(resource: number, bytes: Uint8Array): Promise<void>;
  tryClose(resource: number): void;
}

/** The runtime's core, which works on resources by their number; null if it lacks anything that is used. */
export const RUNTIME_CORE: RuntimeCore | null = (() => {
  // deno-lint-ignore no-explicit-any -- private members have no types
  const runtime = Deno as any;
  const core = runtime[runtime.internal]?.core;
  const isComplete = ["read", "writeAll", "tryClose"]
    .every((name) => typeof core?.[name] === "function");
  return isComplete ? core : null;
})();
