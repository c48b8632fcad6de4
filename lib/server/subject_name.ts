/**
 * Whom a certificate is for.
 *
 * @module
 */

/** The short names that OpenSSL gives to attributes (RFC 4514 §3 and more), by their object identifiers. */
const NAMES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.4": "SN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "street",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.12": "title",
  "2.5.4.42": "GN",
  "2.5.4.43": "initials",
  "2.5.4.46": "dnQualifier",
  "2.5.4.65": "pseudonym",
  "2.5.4.97": "organizationIdentifier",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

/** How the bytes of a text are read, by the type of the text (X.680 §8.6). */
const ENCODINGS: Readonly<Record<number, string>> = {
  0x0c: "utf-8",
  0x12: "utf-8", // numeric
  0x13: "utf-8", // printable
  0x14: "iso-8859-1", // teletex, as everybody takes it
  0x16: "utf-8", // IA5
  0x1a: "utf-8", // visible
  0x1e: "utf-16be",
};

/**
 * The subject of a certificate as a line of text (RFC 4514): the last part
 * first, as in `CN=ada,O=Example`. A character that could be taken for the end
 * of a part, or of the line, is escaped. What Apache calls `SSL_CLIENT_S_DN`.
 *
 * @param der The certificate, DER.
 * @returns Null if it is none.
 */
export function subjectName(der: Uint8Array | undefined): string | null {
  if (der === undefined) return null;
  try {
    // Certificate { tbsCertificate { [0] version?, serialNumber, signature, issuer, validity, subject, … } … } (RFC 5280 §4.1)
    const [certificate] = elements(der);
    const [tbs] = elements(certificate.body);
    const fields = elements(tbs.body);
    if (fields[0].tag === 0xa0) fields.shift();
    const parts = elements(fields[4].body).map(({ body }) =>
      elements(body).map(attribute).reverse().join("+")
    );
    return parts.reverse().join(",");
  } catch {
    return null;
  }
}

/** A value of DER. */
interface Element {
  readonly tag: number;
  readonly body: Uint8Array;
  /** All of it, tag and length included. */
  readonly whole: Uint8Array;
}

/** @throws {RangeError} If the bytes are no DER. */
function elements(bytes: Uint8Array): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    let start = at + 2;
    let length = bytes[at + 1];
    if (length >= 0x80) {
      const count = length & 0x7f;
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + bytes[start++];
    }
    const end = start + length;
    if (!(end <= bytes.length)) throw new RangeError("Cannot read DER: cut");
    found.push({
      tag: bytes[at],
      body: bytes.subarray(start, end),
      whole: bytes.subarray(at, end),
    });
    at = end;
  }
  return found;
}

function attribute({ body }: Element): string {
  const [type, value] = elements(body);
  const oid = objectIdentifier(type.body);
  const name = NAMES[oid];
  const encoding = ENCODINGS[value.tag];
  if (name === undefined || encoding === undefined) {
    return `${name ?? oid}=#${value.whole.toHex().toUpperCase()}`;
  }
  return `${name}=${escape(new TextDecoder(encoding).decode(value.body))}`;
}

function objectIdentifier(bytes: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of bytes) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (arcs.length === 0) {
      const first = Math.min(Math.floor(arc / 40), 2);
      arcs.push(first, arc - first * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}

/** RFC 4514 §2.4; control characters as well. */
function escape(value: string): string {
  return value
    .replace(/[",+;<>\\]|^[ #]|(?!^) $/g, "\\$&")
    .replace(/\p{Cc}/gu, (control) => {
      const bytes = new TextEncoder().encode(control);
      return bytes.toHex().toUpperCase().replace(/../g, "\\$&");
    });
}
