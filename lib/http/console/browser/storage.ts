/**
 * What this page remembers between visits. A browser may forbid that; then it
 * remembers for as long as the page is open.
 *
 * @module
 */

/** What could not be kept, for as long as the page lasts. */
const unkept = new Map<string, string>();

/** What is remembered under a name, or null. */
export function remembered(name: string): string | null {
  try {
    return unkept.get(name) ?? localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Remembers a text under a name. */
export function remember(name: string, text: string): void {
  try {
    localStorage.setItem(name, text);
  } catch {
    unkept.set(name, text);
  }
}
