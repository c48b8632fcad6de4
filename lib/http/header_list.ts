/** The entries of a header that is a list (RFC 9110 §5.6.1), in order; none if it is null. */
export function listOf(header: string | null): string[] {
  return header === null ? [] : header.split(",").map((entry) => entry.trim());
}
