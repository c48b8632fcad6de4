import { assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { subjectName } from "../../lib/server/subject_name.ts";
import { makeCertificate, openssl } from "../helpers/certificates.ts";
import { Scratch } from "../helpers/scratch.ts";

for (
  const [subject, name] of [
    ["/O=Example/CN=ada", "CN=ada,O=Example"],
    [
      "/C=DE/O=Bücher, Söhne \\+ Co/CN=ada",
      "CN=ada,O=Bücher\\, Söhne \\+ Co,C=DE",
    ],
    [
      '/CN= "a";<b>\\\\ /emailAddress=a@b.c',
      'emailAddress=a@b.c,CN=\\ \\"a\\"\\;\\<b\\>\\\\\\ ',
    ],
    ["/CN=#1/DC=example/DC=com", "DC=com,DC=example,CN=\\#1"],
    ["/CN=a+UID=7/OU=x=y", "OU=x=y,UID=7+CN=a"],
    ["/CN=a\nCN=root", "CN=a\\0ACN=root"],
    ["/2.5.4.13=a", null],
  ] as const
) {
  Deno.test(`subjectName: ${JSON.stringify(subject)}, as openssl writes it`, async () => {
    using scratch = new Scratch();
    const { cert, certFile } = await makeCertificate(scratch, "a", {
      subject,
    });
    // deno-fmt-ignore
    const shown = await openssl("x509", "-in", certFile, "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb");
    const expected = shown.replace(/^subject=/, "").replace(/\n$/, "");
    const found = subjectName(new X509Certificate(cert).raw);
    if (name === null) {
      // A type that has no short name is not written as text (RFC 4514 §2.4).
      assertEquals(found, "2.5.4.13=#0C0161");
    } else {
      assertEquals(found, expected);
      assertEquals(found, name);
    }
  });
}

Deno.test("subjectName: a certificate for nobody has an empty subject", async () => {
  using scratch = new Scratch();
  const { cert } = await makeCertificate(scratch, "a", { subject: "/" });
  assertEquals(subjectName(new X509Certificate(cert).raw), "");
});

Deno.test("subjectName: what is no certificate, wherever it is cut, has none", async () => {
  using scratch = new Scratch();
  const { cert } = await makeCertificate(scratch, "a");
  const { raw } = new X509Certificate(cert);
  assertEquals(subjectName(undefined), null);
  for (let length = 0; length < raw.length; length++) {
    assertEquals(subjectName(raw.subarray(0, length)), null);
  }
  assertEquals(subjectName(new Uint8Array(100).fill(0x30)), null);
});
