import { Chunks } from "./chunks.ts";
import { Delimited } from "./delimited.ts";
import type { Framing, FramingOptions } from "./framing.ts";
import { Length32 } from "./length32.ts";
import { Raw } from "./raw.ts";
import type { Separation } from "./splitter.ts";
import { Tagged } from "./tagged.ts";

const MAX_LINE = 1 << 24; // 16 MiB: far over any line meant for a browser.

/** Returns the framing that the options name: by default `lines`, with lines of up to 16 MiB and invalid UTF-8 replaced. */
export function createFraming(options: FramingOptions = {}): Framing {
  const longest = options.maxLine ?? MAX_LINE;
  const repairs = (options.invalidUtf8 ?? "replace") === "replace";
  const lines: Separation = {
    piece: "Line",
    separator: 0x0a, // \n
    optional: 0x0d, // \r, for programs written on Windows
    longest,
  };
  const records: Separation = {
    piece: "Record",
    separator: 0,
    optional: -1,
    longest,
  };
  const name = options.framing ?? "lines";
  switch (name) {
    case "lines":
      return new Delimited(name, { separation: lines, repairs });
    case "nul":
      return new Delimited(name, { separation: records, repairs });
    case "raw":
      return new Raw(repairs);
    case "chunks":
      return new Chunks();
    case "length32":
      return new Length32(longest);
    case "tagged":
      return new Tagged({ separation: lines, repairs });
  }
}
