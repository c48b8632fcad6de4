/**
 * The page: as many connections as wanted, side by side.
 *
 * @module
 */
import { connectionUrl, pageUrl } from "./page_url.ts";
import { Pane, type PaneReader } from "./pane.ts";
import { part } from "./part.ts";
import { startShortcuts } from "./shortcuts.ts";
import { showInTab } from "./tab.ts";
import { startTheme } from "./theme.ts";

/** Whether the page is there on every path. */
const EVERY_PATH = document.documentElement.dataset.everyPath === "true";

const container = part(document, "panes", HTMLElement);
const template = part(document, "pane", HTMLTemplateElement);
const panes: Pane[] = [];
/** The pane that was used last: shortcuts are for it, and the tab shows it. */
let current: Pane;

const reader: PaneReader = {
  connecting(pane): void {
    // The first one is what the page's own address stands for.
    if (pane === panes[0]) rememberUrl(pane.url);
  },
  changed(): void {
    // Not before the first pane is complete.
    if (current !== undefined) showInTab(current, panes);
  },
  removed: removePane,
};

function addPane(url: string, protocols: string): Pane {
  const fragment = document.importNode(template.content, true);
  const pane = new Pane(part(fragment, "root", HTMLElement), reader);
  panes.push(pane);
  container.append(fragment);
  pane.url = url;
  pane.protocols = protocols;
  pane.element.addEventListener("focusin", () => makeCurrent(pane));
  number();
  return pane;
}

function removePane(pane: Pane): void {
  if (panes.length === 1) return;
  pane.end();
  const at = panes.indexOf(pane);
  panes.splice(at, 1);
  pane.element.remove();
  number();
  const next = panes[Math.min(at, panes.length - 1)];
  makeCurrent(next);
  next.focusUrl();
}

/** Numbers the panes as they stand. */
function number(): void {
  container.dataset.panes = String(panes.length);
  for (const [at, { element }] of panes.entries()) {
    element.ariaLabel = `Connection ${at + 1}`;
    part(element, "number", HTMLElement).textContent = String(at + 1);
    part(element, "remove", HTMLButtonElement).hidden = panes.length === 1;
  }
}

function makeCurrent(pane: Pane): void {
  current = pane;
  for (const { element } of panes) {
    element.classList.toggle("current", element === pane.element);
  }
  showInTab(pane, panes);
}

function addConnection(): void {
  const pane = addPane(current.url, current.protocols);
  makeCurrent(pane);
  pane.focusUrl();
  pane.element.scrollIntoView({ block: "nearest" });
}

function focusPane(at: number): void {
  panes[at]?.focusMessage();
}

function rememberUrl(connection: string): void {
  const url = pageUrl(connection, location, EVERY_PATH);
  if (
    url === null ||
    url === location.origin + location.pathname + location.search
  ) {
    return;
  }
  history.pushState(null, "", url);
}

startTheme();
makeCurrent(addPane(connectionUrl(location, EVERY_PATH), ""));
// Not on a phone, where that would bring up the keyboard.
if (matchMedia("(pointer: fine)").matches) current!.focusUrl();
addEventListener("popstate", () => {
  panes[0].url = connectionUrl(location, EVERY_PATH);
});
// A file that misses its pane would otherwise take the place of the page.
for (const type of ["dragover", "drop"] as const) {
  addEventListener(type, (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
}
part(document, "add", HTMLButtonElement)
  .addEventListener("click", addConnection);
startShortcuts(
  {
    c: () => current.toggle(),
    u: () => current.focusUrl(),
    m: () => current.focusMessage(),
    f: () => current.log.focusFilter(),
    "/": () => current.log.focusFilter(),
    p: () => current.log.togglePause(),
    x: () => current.log.clear(),
    s: () => void current.log.save("text"),
    j: () => void current.log.save("json"),
    i: () => part(current.element, "inspect", HTMLButtonElement).click(),
    n: addConnection,
    r: () => removePane(current),
    t: () => part(document, "theme", HTMLButtonElement).click(),
    ...Object.fromEntries(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((
        at,
      ) => [String(at), () => focusPane(at - 1)]),
    ),
  },
  () => current.element.focus(),
);
