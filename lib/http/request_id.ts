/**
 * What a proxy in front of the server calls a request.
 *
 * @module
 */

/** Letters, digits, and what is in a UUID, in Base64 and in common trace ids; nothing that means something to a shell, a log or a terminal. */
const REQUEST_ID = /^[A-Za-z0-9._~:@+/=-]{1,128}$/;

/**
 * The id in `X-Request-Id`, or null if there is none or it is not 1 to 128
 * characters of `A-Z a-z 0-9 . _ ~ : @ + / = -`. Any client can send one: it
 * helps to find a request again and proves nothing.
 */
export function requestIdOf(headers: Headers): string | null {
  const id = headers.get("x-request-id");
  return id !== null && REQUEST_ID.test(id) ? id : null;
}
