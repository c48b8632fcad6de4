/**
 * The address of the page and that of the connection: one follows from the
 * other, so that a reload and the back button bring back what was there.
 *
 * @module
 */

/** The parts of a page's address that count here. */
export type PageLocation = Pick<
  Location,
  "protocol" | "host" | "origin" | "pathname" | "search"
>;

/**
 * The address to offer on a page.
 *
 * @param everyPath Whether the page is there on every path, so that its path is the connection's; else `?path=` says it.
 */
export function connectionUrl(page: PageLocation, everyPath: boolean): string {
  const scheme = page.protocol === "https:" ? "wss:" : "ws:";
  const asked = new URLSearchParams(page.search).get("path") ?? "/";
  const path = everyPath
    ? page.pathname + page.search
    : asked.startsWith("/")
    ? asked
    : `/${asked}`;
  return `${scheme}//${page.host}${path}`;
}

/** The address of the page that offers a connection, or null if no page of this server does. */
export function pageUrl(
  connection: string,
  page: PageLocation,
  everyPath: boolean,
): string | null {
  let url: URL;
  try {
    url = new URL(connection);
  } catch {
    return null;
  }
  if (url.host !== page.host) return null;
  const path = url.pathname + url.search;
  if (everyPath) return page.origin + path;
  const query = path === "/"
    ? ""
    : `?path=${encodeURIComponent(path).replaceAll("%2F", "/")}`;
  return page.origin + page.pathname + query;
}
