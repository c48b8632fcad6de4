import { assertEquals } from "@std/assert";
import {
  type AccessOptions,
  isOriginEntry,
  whyOriginRefused,
} from "../../lib/http/origin.ts";

const HERE = "localhost:8080";

function answer(
  origin: string | null,
  host: string,
  access: AccessOptions,
): string | null {
  const headers = new Headers({ host, ...(origin !== null && { origin }) });
  return whyOriginRefused(headers, access)?.message ?? null;
}

function shown(origin: string | null): string {
  return origin === null ? "no Origin" : `Origin ${JSON.stringify(origin)}`;
}

for (
  const [origin, host] of [
    [null, HERE],
    ["http://localhost:8080", HERE],
    ["HTTP://LOCALHOST:8080", HERE],
    ["http://localhost.:8080", HERE],
    ["https://localhost:8080", HERE],
    ["http://example.org", "example.org"],
    ["http://example.org", "example.org:80"],
    ["http://example.org:80", "example.org"],
    ["https://example.org", "example.org"],
    ["https://example.org", "example.org:443"],
    ["https://example.org:443", "example.org"],
    ["http://[::1]:8080", "[::1]:8080"],
    ["http://127.0.0.1:8080", "127.0.0.1:8080"],
  ] as const
) {
  Deno.test(`${shown(origin)} is admitted by ${host} without flags`, () =>
    assertEquals(answer(origin, host, {}), null));
}

for (
  const [origin, host, advice] of [
    ["http://localhost:3000", HERE, "add --origin=http://localhost:3000"],
    ["http://localhost", HERE, "add --origin=http://localhost"],
    ["https://localhost", HERE, "add --origin=https://localhost"],
    ["http://127.0.0.1:8080", HERE, "add --origin=http://127.0.0.1:8080"],
    ["http://evil.example", HERE, "add --origin=http://evil.example"],
    [
      "http://localhost.evil.example:8080",
      HERE,
      "add --origin=http://localhost.evil.example:8080",
    ],
    [
      "http://example.org:80",
      "example.org:443",
      "add --origin=http://example.org:80",
    ],
    [
      "http://example.org:8443",
      "example.org",
      "add --origin=http://example.org:8443",
    ],
    ["app://localhost", "localhost", "add --origin=app://localhost"],
    ["app://localhost:8080", HERE, "add --origin=app://localhost:8080"],
    ["null", HERE, "add --origin=null for pages opened from disk"],
    ["file://", HERE, "add --origin=null for pages opened from disk"],
  ] as const
) {
  Deno.test(`${shown(origin)} is refused by ${host}: ${advice}`, () =>
    assertEquals(
      answer(origin, host, {}),
      `Origin "${origin}" is not allowed: ${advice}`,
    ));
}

for (
  const origin of [
    "",
    "foo",
    "%%%",
    "localhost:8080",
    "//localhost:8080",
    "http://",
    "http:localhost:8080",
    "http://localhost:8080@evil",
    "http://localhost:8080/",
    "http://localhost:8080/@evil",
    "http://evil/localhost:8080",
    "http://evil#localhost:8080",
    "http://localhost:8080, http://evil",
    "http://$(reboot)",
    "http://a;reboot",
    "NULL",
    "file:///home",
  ]
) {
  Deno.test(`${shown(origin)} is no origin, and refused whatever is allowed but *`, () => {
    const sentence = `Origin ${
      JSON.stringify(origin)
    } is not an origin, and only --origin='*' admits such`;
    assertEquals(answer(origin, HERE, {}), sentence);
    assertEquals(
      answer(origin, HERE, { origin: ["null", "localhost", "evil"] }),
      sentence,
    );
    assertEquals(answer(origin, HERE, { origin: ["*"] }), null);
  });
}

for (
  const [entry, admitted, refused] of [
    ["example.com", [
      "http://example.com",
      "https://example.com:8443",
      "app://example.com",
    ], ["http://sub.example.com", "http://example.com.evil", "http://evil"]],
    ["Example.COM", ["http://example.com"], ["http://evil"]],
    ["example.com:8080", [
      "http://example.com:8080",
      "https://example.com:8080",
    ], ["http://example.com", "http://example.com:80"]],
    ["example.com:80", ["http://example.com", "http://example.com:80"], [
      "https://example.com",
      "http://example.com:8080",
    ]],
    ["https://example.com", [
      "https://example.com",
      "https://example.com:443",
      "HTTPS://EXAMPLE.COM",
    ], ["http://example.com", "https://example.com:8443"]],
    ["https://example.com/", ["https://example.com"], ["http://example.com"]],
    ["https://example.com:8443", ["https://example.com:8443"], [
      "https://example.com",
      "http://example.com:8443",
    ]],
    ["chrome-extension://abc", ["chrome-extension://abc"], [
      "chrome-extension://def",
      "http://abc",
    ]],
    ["http://[::1]:3000", ["http://[::1]:3000"], ["http://[::1]"]],
    ["null", ["null", "file://"], ["http://null", "http://evil"]],
    ["file://", ["null", "file://"], ["http://file", "http://evil"]],
    ["*", ["http://evil", "null", "foo", "file://"], []],
  ] as const
) {
  Deno.test(`--origin=${JSON.stringify(entry)} admits ${admitted.join(" ")}${refused.length ? `, not ${refused.join(" ")}` : ""}`, () => {
    const admits = (origin: string) =>
      answer(origin, HERE, { origin: [entry] }) === null;
    assertEquals([...admitted, ...refused].filter(admits), [...admitted]);
    assertEquals(isOriginEntry(entry), true);
  });
}

Deno.test("--origin adds to the server's own origin, and to none", () => {
  const access = { origin: ["https://example.com"] };
  assertEquals(answer("http://localhost:8080", HERE, access), null);
  assertEquals(answer(null, HERE, access), null);
});

Deno.test("an entry without a name matches nothing: not even a request without Origin", () => {
  for (
    const entry of [
      "",
      " ",
      " example.com",
      "http://",
      ":80",
      "*.example.com",
      "a b",
    ]
  ) {
    assertEquals(isOriginEntry(entry), false, entry);
    assertEquals(
      answer(null, HERE, { origin: [entry], sameOrigin: true }) === null,
      false,
    );
    assertEquals(
      answer("http://evil", HERE, { origin: [entry] }) === null,
      false,
    );
  }
});

for (
  const [origin, access, sentence] of [
    ["http://localhost:8080", {}, null],
    [
      null,
      {},
      "Request has no Origin header, and --sameorigin asks for one: leave the flag out for clients that are not browsers",
    ],
    [
      "http://evil",
      {},
      'Origin "http://evil" is not this server\'s: leave --sameorigin out, or open the page from this server',
    ],
    [
      "null",
      {},
      'Origin "null" is not this server\'s: leave --sameorigin out, or open the page from this server',
    ],
    // Both flags together: both must be content, as in the original.
    [
      "http://evil",
      { origin: ["evil"] },
      'Origin "http://evil" is not this server\'s: leave --sameorigin out, or open the page from this server',
    ],
    [
      "http://localhost:8080",
      { origin: ["evil"] },
      'Origin "http://localhost:8080" is not allowed: add --origin=http://localhost:8080',
    ],
    ["http://localhost:8080", { origin: ["localhost"] }, null],
  ] as const
) {
  Deno.test(`--sameorigin${"origin" in access ? ` with --origin=${access.origin}` : ""} ${sentence === null ? "admits" : "refuses"} ${shown(origin)}`, () =>
    assertEquals(
      answer(origin, HERE, { ...access, sameOrigin: true }),
      sentence,
    ));
}

for (
  const [entry, origin, isAdmitted] of [
    ["http://example.com", "http://example.com", true],
    ["http://example.com", "http://example.com:3000", true],
    ["http://example.com", "https://example.com", false],
    ["http://example.com:3000", "http://example.com:3001", false],
    ["example.com", "http://localhost:8080", false],
    ["example.com", null, false],
    ["*", null, true],
    ["*", "http://evil", true],
    ["*", "foo", true],
  ] as const
) {
  Deno.test(`a list read as websocketd does: ${entry} ${isAdmitted ? "admits" : "refuses"} ${shown(origin)}`, () =>
    assertEquals(
      answer(origin, HERE, { origin: [entry], onlyListed: true }) === null,
      isAdmitted,
    ));
}
