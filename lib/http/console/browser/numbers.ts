/**
 * Numbers as people read them.
 *
 * @module
 */
const UNITS = ["B", "KiB", "MiB", "GiB"] as const;

/** A number with separators: `100,000`. */
export function count(value: number): string {
  return value.toLocaleString("en");
}

/** A number of things: `1 message`, `2 messages`. */
export function countOf(
  value: number,
  thing: string,
  things = `${thing}s`,
): string {
  return `${count(value)} ${value === 1 ? thing : things}`;
}

/** A number of bytes: `0 B`, `1.5 KiB`, `12 MiB`. */
export function size(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 10 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** A time of day, as the user's clock shows it, in milliseconds: `13:05:09.042`. */
export function clock(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${
    two(date.getSeconds())
  }.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
