/**
 * The console's icons: 16 by 16, drawn with the colour of the text beside them.
 *
 * @module
 */

/** Two arrows: what goes in and what comes out. */
export const LOGO =
  `<svg class="logo" viewBox="0 0 24 24" aria-hidden="true"><rect width="24" height="24" rx="6"/><path d="M5.5 9h11l-3.2-3.2M18.5 15h-11l3.2 3.2"/></svg>`;

export const PLUS: string = icon("M8 3v10M3 8h10");
export const CROSS: string = icon("M4 4l8 8M12 4l-8 8");
export const SUN: string = icon(
  "M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 0 0 0-5.6zM8 1.2v1.3M8 13.5v1.3M1.2 8h1.3M13.5 8h1.3M3.2 3.2l.9.9M11.9 11.9l.9.9M3.2 12.8l.9-.9M11.9 4.1l.9-.9",
  "sun",
);
export const MOON: string = icon(
  "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z",
  "moon",
);
/** Half and half: as the system has it. */
export const HALF =
  `<svg class="icon half" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="5.6"/><path class="filled" d="M8 2.4a5.6 5.6 0 0 1 0 11.2z"/></svg>`;

function icon(path: string, name = ""): string {
  return `<svg class="icon ${name}" viewBox="0 0 16 16" aria-hidden="true"><path d="${path}"/></svg>`;
}
