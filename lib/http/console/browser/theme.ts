/**
 * Light, dark, or as the system has it.
 *
 * @module
 */
import { part } from "./part.ts";
import { remember, remembered } from "./storage.ts";

const NAME = "websocketd.theme";
const THEMES = ["auto", "light", "dark"] as const;

/** Applies the theme that was chosen last, and makes the button choose the next. */
export function startTheme(): void {
  const button = part(document, "theme", HTMLButtonElement);
  let at = Math.max(0, THEMES.findIndex((theme) => theme === remembered(NAME)));
  const apply = (): void => {
    const theme = THEMES[at];
    document.documentElement.dataset.theme = theme;
    button.ariaLabel = button.title = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    at = (at + 1) % THEMES.length;
    remember(NAME, THEMES[at]);
    apply();
  });
  apply();
}
