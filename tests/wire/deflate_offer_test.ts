import { assertEquals } from "@std/assert";
import { acceptDeflate } from "../../lib/socket/wire/deflate_offer.ts";

/** The answer's header and what was agreed on, in short: windows, and `!` where nothing is taken over. */
function accepted(header: string | null): [string, string] | null {
  const answer = acceptDeflate(header);
  if (answer === null) return null;
  const { server, client } = answer.settings;
  const short = [server, client].map(({ windowBits, takeover }) =>
    `${windowBits}${takeover ? "" : "!"}`
  );
  return [answer.header, short.join(" ")];
}

const OFFERS: [
  offer: string | null,
  header: string | null,
  settings?: string,
][] = [
  [null, null],
  ["", null],
  ["x-webkit-deflate-frame", null],
  ["permessage-deflate", "permessage-deflate", "15 15"],
  ["Permessage-Deflate", "permessage-deflate", "15 15"],
  // What Chromium and Firefox offer.
  [
    "permessage-deflate; client_max_window_bits",
    "permessage-deflate",
    "15 15",
  ],
  [
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    "15! 15!",
  ],
  [
    "permessage-deflate ;server_max_window_bits = 10;client_max_window_bits=9",
    "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9",
    "10 9",
  ],
  [
    'permessage-deflate; server_max_window_bits="15"',
    "permessage-deflate; server_max_window_bits=15",
    "15 15",
  ],
  // The second offer is the first without a mistake.
  ...[
    "server_max_window_bits",
    "server_max_window_bits=7",
    "server_max_window_bits=16",
    "server_max_window_bits=08",
    "server_max_window_bits=a",
    "client_max_window_bits=",
    "client_no_context_takeover=1",
    "server_no_context_takeover; server_no_context_takeover",
    "unknown",
    '"',
  ].map((mistake): [string, string, string] => [
    `permessage-deflate; ${mistake}`.replace(/"$/, '"a, b"') +
    ", permessage-deflate; client_no_context_takeover",
    "permessage-deflate; client_no_context_takeover",
    "15 15!",
  ]),
  ["permessage-deflate; unknown=1", null],
  ["foo, bar; baz, permessage-deflate", "permessage-deflate", "15 15"],
  // Quoted strings, with what is escaped in them (RFC 9110 §5.6.4).
  [
    'foo; a="\\", permessage-deflate; b=\\"", permessage-deflate; server_max_window_bits="1\\2"',
    "permessage-deflate; server_max_window_bits=12",
    "12 15",
  ],
];

for (const [offer, header, settings = ""] of OFFERS) {
  Deno.test(`acceptDeflate answers ${JSON.stringify(offer)} with ${header}`, () => {
    assertEquals(accepted(offer), header === null ? null : [header, settings]);
  });
}
