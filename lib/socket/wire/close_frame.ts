/**
 * The body of a close frame: a code and a reason (RFC 6455 §5.5.1).
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { CLOSE, fitReason } from "../close_codes.ts";
import { invalidData, protocolError, type Violation } from "./violation.ts";

/** What a close frame says. */
export interface CloseBody {
  /** The code, or 1005 if there is none. */
  readonly code: number;
  readonly reason: string;
}

/** What is wrong with the body of a close frame, or null. */
export function whyCloseRefused(body: Uint8Array): Violation | null {
  if (body.length === 0) return null;
  if (body.length === 1) return protocolError("a close frame has half a code");
  const code = codeOf(body);
  if (!isCodeOnWire(code)) {
    return protocolError(`close code ${code} cannot be sent`);
  }
  return isUtf8(body.subarray(2))
    ? null
    : invalidData("the reason of a close frame is not UTF-8");
}

/** Reads the body of a close frame that nothing is wrong with. */
export function readClose(body: Uint8Array): CloseBody {
  return body.length < 2 ? { code: CLOSE.NO_STATUS, reason: "" } : {
    code: codeOf(body),
    reason: new TextDecoder().decode(body.subarray(2)),
  };
}

/**
 * Writes the body of a close frame.
 *
 * @param code A code that may be sent; any other, such as 1005, makes an empty body.
 * @param reason Cut to 123 bytes of UTF-8.
 */
export function closeBody({ code, reason }: CloseBody): Uint8Array {
  if (!isCodeOnWire(code)) return new Uint8Array(0);
  const text = new TextEncoder().encode(fitReason(reason));
  const body = new Uint8Array(2 + text.length);
  body[0] = code >> 8;
  body[1] = code;
  body.set(text, 2);
  return body;
}

/** The codes that RFC 6455 §7.4 and the IANA registry (1012 to 1014) allow in a frame; 3000 and up are for libraries and applications. */
function isCodeOnWire(code: number): boolean {
  return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 ||
    code >= 3000 && code <= 4999;
}

function codeOf(body: Uint8Array): number {
  return body[0] << 8 | body[1];
}
