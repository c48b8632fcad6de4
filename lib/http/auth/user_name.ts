/** Longer names are none; logs and environments carry them. */
const LONGEST = 256;

/**
 * The name of a user as it may stand in `REMOTE_USER` and in a log, without
 * spaces around it; null if it is too long or has line breaks or other control
 * characters.
 */
export function userName(text: string): string | null {
  const name = text.trim();
  return name.length > LONGEST || /[\p{Cc}\u2028\u2029]/u.test(name)
    ? null
    : name;
}
