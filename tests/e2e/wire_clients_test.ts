/** The wire engine as clients see it that others have written. */
import { assert, assertEquals } from "@std/assert";
import { ProgramServer } from "../helpers/program_server.ts";
import type { Plan } from "../helpers/visit.ts";
import { type Visitor, visitors } from "../helpers/visitors.ts";

const ignore = Deno.build.os === "windows";

const MIB = 1 << 20;
const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, MIB];
const TEXTS = ["Grüße", "κόσμε", "日本語", "👩‍👩‍👧", "\u{10ffff}\u{feff}", "\0"];
const IN_FLIGHT = 2000;
const ECHOES = SIZES.length + TEXTS.length + IN_FLIGHT;
const GOODBYE = { code: 4321, reason: "bis später" };

/** A visit that does nothing but wait for the end. */
const WAITS: Omit<Plan, "url" | "compress"> = {
  protocols: [],
  type: "text",
  sizes: [],
  texts: [],
  inFlight: 0,
  last: null,
};
/** What nobody sent back. */
const NO_ECHO = { protocol: "", echoed: 0, others: [] };

for (const visitor of visitors()) {
  for (const compress of [false, true]) {
    for (const offers of visitor.compresses ? [false, true] : [true]) {
      // Chromium always offers it.
      if (visitor.name === "Chromium" && !offers) continue;
      Deno.test({
        name: `${visitor.name}, ${
          visitor.compresses !== false && offers ? "" : "not "
        }offering compression, to a server ${
          compress ? "with" : "without"
        } it: messages come back, endings are seen`,
        ignore: ignore || visitor.ignore,
        fn: () => testVisits(visitor, compress, offers),
      });
    }
  }
}

/** Has a client visit four servers: two that echo, one whose program fails, one whose limit it breaks. */
async function testVisits(
  visitor: Visitor,
  compress: boolean,
  offers: boolean,
): Promise<void> {
  // A page without an address has the origin "null".
  const common = {
    engine: "wire",
    compress,
    command: "cat",
    origin: ["null"],
  } as const;
  await using text = await ProgramServer.start({
    ...common,
    subprotocol: ["echo.v1"],
  });
  await using binary = await ProgramServer.start({
    ...common,
    framing: "length32",
  });
  await using failing = await ProgramServer.start({
    ...common,
    command: "bash",
    args: ["-c", "echo hi; exit 3"],
  });
  const echo = {
    sizes: SIZES,
    inFlight: IN_FLIGHT,
    last: GOODBYE,
    compress: offers,
  };
  const [first, second, third, ...over] = await visitor.run([
    {
      ...WAITS,
      ...echo,
      url: text.url,
      texts: TEXTS,
      protocols: ["other", "echo.v1"],
    },
    { ...WAITS, ...echo, url: binary.url, type: "binary" },
    { ...WAITS, compress: offers, url: failing.url },
    {
      ...WAITS,
      compress: offers,
      url: text.url,
      last: { size: MIB + 1 },
    },
    {
      ...WAITS,
      compress: offers,
      url: binary.url,
      type: "binary",
      last: { size: MIB + 1 },
    },
  ]);

  const { extensions } = first;
  const [name] = extensions.split(";");
  if (!compress || !offers || visitor.compresses === false) {
    assertEquals(extensions, "");
  } else if (visitor.compresses) assertEquals(name, "permessage-deflate");
  else assert(["", "permessage-deflate"].includes(name), extensions);

  assertEquals(first, {
    protocol: "echo.v1",
    extensions,
    echoed: ECHOES,
    others: [],
    // The client's own, sent back.
    code: GOODBYE.code,
    reason: "",
  });
  assertEquals(second, {
    protocol: "",
    extensions,
    echoed: ECHOES - TEXTS.length,
    others: [],
    code: GOODBYE.code,
    reason: "",
  });
  for (const server of [text, binary]) {
    const { code, reason } = await server.next("session.closed");
    assertEquals({ code, reason }, GOODBYE);
  }
  assertEquals(third, {
    ...NO_ECHO,
    extensions,
    others: ["hi"],
    code: 4003,
    reason: "exit 3",
  });
  for (const report of over) {
    const { reason, ...rest } = report;
    assertEquals(rest, { ...NO_ECHO, extensions, code: 1009 });
    assertEquals(
      reason,
      `message of ${
        MIB + 1
      } bytes is over the limit of ${MIB} (--maxframesize)`,
    );
  }
}
