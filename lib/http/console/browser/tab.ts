/**
 * What the browser's tab shows: the state of the connections.
 *
 * @module
 */
import { count } from "./numbers.ts";
import type { Pane } from "./pane.ts";
import { READY_STATES } from "./ready_state.ts";

/** A dot for each state; readable on light and on dark tabs. */
const COLORS: Readonly<Record<string, string>> = {
  none: "#7b8494",
  0: "#d29922",
  1: "#2da44e",
  2: "#d29922",
  3: "#7b8494",
  failed: "#e5484d",
};

/** Shows title and icon for one of the panes, and how many of all are open. */
export function showInTab(pane: Pane, panes: readonly Pane[]): void {
  const { readyState, hasFailed, url } = pane;
  const state = readyState === null ? "" : `${READY_STATES[readyState]} · `;
  const open =
    panes.filter((each) => each.readyState === WebSocket.OPEN).length;
  const summary = panes.length === 1
    ? ""
    : ` · ${count(open)} of ${count(panes.length)} open`;
  const title = `${state}${
    url.replace(/^wss?:\/\//, "")
  }${summary} · websocketd`;
  if (document.title !== title) document.title = title;
  const color = COLORS[hasFailed ? "failed" : String(readyState ?? "none")];
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')!;
  const href = iconOf(color);
  if (icon.getAttribute("href") !== href) icon.href = href;
}

function iconOf(color: string): string {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#1d2330"/><path d="M3.5 6h6.7L8 3.8M12.5 10H5.8L8 12.2" fill="none" stroke="#fff" stroke-width="1.4"/><circle cx="12.5" cy="3.5" r="3.2" fill="${color}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
