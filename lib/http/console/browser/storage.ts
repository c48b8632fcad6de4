/**
 * What this page remembers between visits. A browser may forbid that; then it
 * remembers nothing, and works.
 *
 * @module
 */

/** What is remembered under a name, or null. */
export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Remembers a text under a name. */
export function remember(name: string, text: string): void {
  try {
    localStorage.setItem(name, text);
  } catch {
    // Forbidden, or full.
  }
}
