/**
 * What the first bytes of a program say about the machine it is for.
 *
 * @module
 */

/** A program that is no script. */
export interface Binary {
  readonly format: "ELF" | "Mach-O" | "PE";
  /** The processor as Deno calls it, `x86_64`, or in the format's own number, `machine 40`. Empty where the format's beginning does not say. */
  readonly machine: string;
  /** What the system loads it with, as /lib64/ld-linux-x86-64.so.2; null if it needs nothing. */
  readonly loader: string | null;
}

/** Processors in an ELF header (elf.h, EM_*). */
const ELF_MACHINES: Readonly<Record<number, string>> = {
  3: "i386",
  40: "arm",
  62: "x86_64",
  183: "aarch64",
  243: "riscv64",
};
/** Kind of an entry in the table of segments: the path of the loader (PT_INTERP). */
const PT_INTERP = 3;

/**
 * Reads the beginning of a program. Null if it is in no known format.
 *
 * @param head A few KiB: all that is looked at lies near the beginning.
 */
export function parseBinary(head: Uint8Array): Binary | null {
  if (head.length < 20) return null;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const magic = view.getUint32(0);
  if (magic === 0x7f454c46) return parseElf(view);
  // Mach-O, in both byte orders and for several processors in one file.
  if ([0xcffaedfe, 0xfeedfacf, 0xcafebabe].includes(magic)) {
    return { format: "Mach-O", machine: "", loader: null };
  }
  return magic >>> 16 === 0x4d5a
    ? { format: "PE", machine: "", loader: null }
    : null;
}

function parseElf(view: DataView): Binary {
  const isLittle = view.getUint8(5) === 1;
  const number = view.getUint16(18, isLittle);
  return {
    format: "ELF",
    machine: ELF_MACHINES[number] ?? `machine ${number}`,
    loader: view.getUint8(4) === 2 ? loaderOf(view, isLittle) : null,
  };
}

/** The path of the loader in a 64-bit file; null also if it is beyond what was read. */
function loaderOf(view: DataView, isLittle: boolean): string | null {
  try {
    const table = Number(view.getBigUint64(32, isLittle));
    const size = view.getUint16(54, isLittle);
    const count = view.getUint16(56, isLittle);
    for (let i = 0; i < count; i++) {
      const entry = table + i * size;
      if (view.getUint32(entry, isLittle) !== PT_INTERP) continue;
      const from = Number(view.getBigUint64(entry + 8, isLittle));
      const length = Number(view.getBigUint64(entry + 32, isLittle));
      if (from + length > view.byteLength) return null;
      const bytes = new Uint8Array(view.buffer, view.byteOffset + from, length);
      return new TextDecoder().decode(bytes).replace(/\0.*$/s, "");
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return null;
}
