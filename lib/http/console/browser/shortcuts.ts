/**
 * Single keys that do something when nothing is being typed.
 *
 * @module
 */
import { part } from "./part.ts";
import { remember, remembered } from "./storage.ts";

const NAME = "websocketd.shortcuts";

/** What a key does. */
export type Actions = Readonly<Record<string, () => void>>;

/**
 * Lets keys act. Escape leaves a field, so that they can; `?` lists them, and
 * there they can be turned off.
 *
 * @param leave Called when Escape is pressed in a field.
 */
export function startShortcuts(actions: Actions, leave: () => void): void {
  const dialog = part(document, "shortcuts", HTMLDialogElement);
  const enabled = part(document, "shortcuts-on", HTMLInputElement);
  enabled.checked = remembered(NAME) !== "off";
  enabled.addEventListener("change", () => {
    remember(NAME, enabled.checked ? "on" : "off");
  });
  part(document, "help", HTMLButtonElement)
    .addEventListener("click", () => dialog.showModal());
  // A click beside the dialog closes it, like Escape.
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog) dialog.close();
  });
  const all: Actions = { ...actions, "?": () => dialog.showModal() };

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (isField(target)) {
      if (key === "Escape") leave();
      return;
    }
    if (!enabled.checked || !Object.hasOwn(all, key)) return;
    event.preventDefault();
    all[key]();
  });
}

/** Whether keys mean something else there. */
function isField(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) {
    return target.type !== "checkbox" && target.type !== "radio";
  }
  return target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement;
}
