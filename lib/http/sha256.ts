/**
 * The SHA-256 of a text as UTF-8. By the runtime's own Web Crypto:
 * `node:crypto` takes 35 ms and more to load, in which nobody is served. Never
 * rejects.
 *
 * @param alphabet `base64` as in a Content-Security-Policy, or `base64url` without `=`.
 */
export async function sha256(
  text: string,
  alphabet: "base64" | "base64url",
): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return digest.toBase64({ alphabet, omitPadding: alphabet === "base64url" });
}
