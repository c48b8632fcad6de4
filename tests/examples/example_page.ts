/**
 * The page of an example in a real browser.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Page,
} from "playwright-core";
import type { ServerProcess } from "../helpers/server.ts";

/** A page with a profile of its own. Fails at its end if anything went wrong in it, or came from elsewhere. */
export class ExamplePage implements AsyncDisposable {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #faults: string[] = [];
  readonly #origins = new Set<string>();

  private constructor(
    context: BrowserContext,
    page: Page,
    losesServer: boolean,
  ) {
    this.#context = context;
    this.page = page;
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => this.#faults.push(String(error)));
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith("http")) this.#origins.add(origin);
    });
    page.on("console", (message) => {
      // Browsers say that a connection failed; that is what some tests are about.
      if (message.text().startsWith("WebSocket connection to")) return;
      if (losesServer && message.text().includes("ERR_CONNECTION_")) return;
      this.#faults.push(message.text());
    });
  }

  /** Opens the page of a server, the first one unless a path says which. */
  static async open(
    browser: Browser,
    { url }: Pick<ServerProcess, "url">,
    { path = "", losesServer = false, ...options }: BrowserContextOptions & {
      readonly path?: string;
      /** Whether the server goes away meanwhile, so that requests may fail. */
      readonly losesServer?: boolean;
    } = {},
  ): Promise<ExamplePage> {
    const context = await browser.newContext(options);
    const opened = new ExamplePage(
      context,
      await context.newPage(),
      losesServer,
    );
    await opened.page.goto(url.replace(/^ws/, "http") + path);
    return opened;
  }

  /** Waits until an element has a text, anywhere in it. */
  async shows(selector: string, text: string | RegExp): Promise<void> {
    await this.page.locator(selector).filter({ hasText: text }).first()
      .waitFor();
  }

  /** Looks whether the page fits a phone, and both color schemes; leaves it as it was. */
  async looksRight(): Promise<void> {
    const size = this.page.viewportSize()!;
    const grounds = new Set<string>();
    for (const colorScheme of ["light", "dark"] as const) {
      await this.page.emulateMedia({ colorScheme });
      grounds.add(
        await this.page.evaluate(
          "getComputedStyle(document.documentElement).backgroundColor",
        ),
      );
    }
    assertEquals(grounds.size, 2, "grounds");
    await this.page.emulateMedia({ colorScheme: null });
    await this.page.setViewportSize({ width: 360, height: 740 });
    assertEquals(
      await this.page.evaluate("document.documentElement.scrollWidth"),
      360,
      "width on a phone",
    );
    await this.page.setViewportSize(size);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { origin } = new URL(this.page.url());
    await this.#context.close();
    assertEquals(this.#faults, []);
    assertEquals([...this.#origins], [origin]);
  }
}
