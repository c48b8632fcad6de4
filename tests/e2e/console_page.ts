/**
 * The console in a real browser, as its users see and use it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Locator,
  Page,
} from "playwright-core";
import { ProgramServer } from "../helpers/program_server.ts";

/** What the programs of {@linkcode startConsole} do, by the path of the URL. */
const PROGRAMS = `case $PATH_INFO in
  /count) for i in 1 2 3; do echo "$i"; done ;;
  /exit3) echo bye; exit 3 ;;
  /term) kill -TERM $$ ;;
  /print) printf '%s\\n' "$QUERY_STRING"; cat ;;
  *) exec cat ;;
esac`;

/** Serves the console, and beside it programs that differ by path: `/count`, `/exit3`, `/term`, `/print?TEXT`; else `cat`. */
export function startConsole(
  options: Parameters<typeof ProgramServer.bash>[1] = {},
): Promise<ProgramServer> {
  return ProgramServer.bash(PROGRAMS, { devConsole: true, ...options });
}

/** The page, with a profile of its own. Fails at its end if anything went wrong in it. */
export class ConsolePage implements AsyncDisposable {
  /** What went wrong: exceptions, and what the Content-Security-Policy forbade. */
  readonly faults: string[] = [];
  /** Addresses that the page asked for. */
  readonly requests: string[] = [];
  readonly page: Page;
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("dialog", (dialog) => {
      this.faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => this.requests.push(request.url()));
    page.on("console", (message) => {
      // Browsers say that a connection failed; that is what some tests are about.
      if (message.text().startsWith("WebSocket connection to")) return;
      this.faults.push(message.text());
    });
  }

  /** Opens the page. */
  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<ConsolePage> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    const opened = new ConsolePage(context, await context.newPage());
    await opened.page.goto(url.replace(/^ws/, "http"));
    return opened;
  }

  /** An element by its part, in one of the panes, counted from 0. */
  part(name: string, pane = 0): Locator {
    return this.pane(pane).locator(`[data-part="${name}"]`);
  }

  /** An element by its part that is not in a pane. */
  top(name: string): Locator {
    return this.page.locator(`[data-part="${name}"]`);
  }

  pane(at: number): Locator {
    return this.page.locator(".pane").nth(at);
  }

  /** The rows of the log with a name and a text in them. */
  rows(name: string, text: string | RegExp = "", pane = 0): Locator {
    return this.pane(pane).locator(".row")
      .filter({
        has: this.page.locator(".name", { hasText: new RegExp(`^${name}$`) }),
      })
      .filter({ hasText: text });
  }

  /** Connects, to another address if one is given, and waits until it is open. */
  async connect(url?: string, pane = 0): Promise<void> {
    if (url !== undefined) await this.part("url", pane).fill(url);
    await this.part("connect", pane).click();
    await this.shows("ready-state", "1 OPEN", pane);
  }

  /** Connects to where the program ends by itself, and waits for that. */
  async connectToEnd(url: string): Promise<void> {
    const ends = await this.rows("onclose").count();
    await this.part("url").fill(url);
    await this.part("connect").click();
    await this.rows("onclose").nth(ends).waitFor();
  }

  /** Writes a message and presses Enter. */
  async send(text: string, pane = 0): Promise<void> {
    await this.part("message", pane).fill(text);
    await this.part("message", pane).press("Enter");
  }

  /** Waits until a part has a text. */
  async shows(name: string, text: string | RegExp, pane = 0): Promise<void> {
    await this.part(name, pane).filter({ hasText: text }).waitFor({
      state: "attached",
    });
  }

  /** The value of an expression in the page. */
  async eval<T>(expression: string): Promise<T> {
    return await this.page.evaluate<T>(expression);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    assertEquals(this.faults, []);
  }
}
