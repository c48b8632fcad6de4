/**
 * Keeps secrets that clients put into addresses out of the log.
 *
 * @module
 */

// Anywhere in the name.
const SECRET_PART =
  /token|secret|passw|passphrase|pwd|auth(?!ors?$)|signature|sess|credential|jwt|bearer|saml|assertion/;
// At the end: "api_key", "PHPSESSID"; "zipcode" too, for once too often is better than once too seldom.
const SECRET_END = /(?:key|sig|code|sid|pass|pin|otp|hmac|ticket)$/;

/** `name=value` behind any of the characters that begin one in a query, in path parameters or in a fragment. */
const PAIR = /([?&;#])([^=?&;#]*)=([^?&;#]*)/g;

/** How often a value is decoded to look for addresses within addresses. */
const DEPTH = 4;

/**
 * Replaces by `***` the values in an address whose names look secret: `token`,
 * `key`, `password`, `sig`, `session`, `code`, `jwt` and their like, also as part
 * of a longer name (`access_token`, `X-Amz-Signature`), percent-encoded, or in
 * an address that is itself a value.
 */
export function redactUrl(url: string): string {
  return url.replace(
    PAIR,
    (pair, mark, name, value) =>
      value !== "" && (isSecret(name) || holdsSecret(value))
        ? `${mark}${name}=***`
        : pair,
  );
}

function isSecret(name: string): boolean {
  const plain = percentDecoded(name).toLowerCase();
  // Words are joined: "api-key" and "apiKey" are one name.
  const joined = plain.replaceAll(/[^a-z0-9]/g, "");
  return SECRET_PART.test(joined) || SECRET_END.test(joined);
}

/** Whether a value, decoded, is an address or a query with a secret in it: `next=%2Fa%3Ftoken%3D1`. */
function holdsSecret(value: string): boolean {
  let text = value;
  for (let depth = 0; depth < DEPTH; depth++) {
    const decoded = percentDecoded(text);
    for (const [, , name] of `?${decoded}`.matchAll(PAIR)) {
      if (isSecret(name)) return true;
    }
    if (decoded === text) return false;
    text = decoded;
  }
  // Nobody encodes deeper, except to hide something.
  return true;
}

/** Unlike `decodeURIComponent`, never fails and reads bytes, which is enough for ASCII names. */
function percentDecoded(text: string): string {
  return text.replaceAll(
    /%([0-9a-fA-F]{2})/g,
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
}
