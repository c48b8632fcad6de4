/** Closes a connection, unless somebody has done so before, or the other end was faster. */
export function closeQuietly(conn: { close(): void }): undefined {
  try {
    conn.close();
  } catch {
    // It is closed.
  }
}
