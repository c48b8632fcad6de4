/** Whether this is a token (RFC 9110 §5.6.2): what names of headers, methods and subprotocols consist of. */
export function isToken(text: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(text);
}
