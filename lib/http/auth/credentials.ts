/**
 * The credentials of an `Authorization` header (RFC 9110 §11.6.2) of one
 * scheme, or null.
 *
 * @param scheme In lower case.
 */
export function credentials(headers: Headers, scheme: string): string | null {
  const header = headers.get("authorization");
  if (header === null) return null;
  const space = header.indexOf(" ");
  if (header.slice(0, space).toLowerCase() !== scheme) return null;
  return header.slice(space + 1).trim();
}
