/**
 * A real browser for tests, without a window.
 *
 * @module
 */
import type { Browser } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Whether there is no browser here. Says so once. */
export function isBrowserMissing(): boolean {
  try {
    Deno.statSync(CHROMIUM);
    return false;
  } catch {
    console.log(`No ${CHROMIUM}: tests in a browser are skipped`);
    return true;
  }
}

/** Starts Chromium with a profile of its own, which is deleted when it is closed. */
export async function startBrowser(): Promise<Browser> {
  // Loaded here, so that the other tests run where the package cannot be fetched.
  const { chromium } = await import("playwright-core");
  return await chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: FLAGS,
    // The test runner's own business.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}
