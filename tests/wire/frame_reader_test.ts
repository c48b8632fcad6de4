import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
} from "@std/assert";
import { createFraming } from "../../lib/framing/create_framing.ts";
import {
  binary,
  close,
  concat,
  fragments,
  frame,
  hex,
  more,
  ping,
  pong,
  text,
  utf8,
} from "./frames.ts";
import { FrameReader } from "../../lib/socket/wire/frame_reader.ts";
import { feed, readFrames } from "./read_frames.ts";

/** What one chunk of frames, and the same byte by byte, must come to. */
function reads(
  frames: readonly Uint8Array[],
  found: readonly string[],
  options = {},
): void {
  const stream = concat(frames);
  assertEquals(readFrames([stream], options).found, found);
  const bytes = [...stream].map((byte) => Uint8Array.of(byte));
  assertEquals(readFrames(bytes, options).found, found, "byte by byte");
}

Deno.test("FrameReader reads the examples of RFC 6455 §5.7", () => {
  const unmasked = { masked: false };
  reads([hex("81 05 48 65 6c 6c 6f")], ["text Hello"], unmasked);
  reads([hex("81 85 37 fa 21 3d 7f 9f 4d 51 58")], ["text Hello"]);
  reads(
    [hex("01 03 48 65 6c"), hex("80 02 6c 6f")],
    ["text Hello"],
    unmasked,
  );
  reads([hex("89 05 48 65 6c 6c 6f")], ["ping Hello"], unmasked);
  reads([hex("8a 85 37 fa 21 3d 7f 9f 4d 51 58")], ["pong Hello"]);
});

for (const length of [0, 1, 3, 4, 7, 125, 126, 127, 128, 65535, 65536]) {
  Deno.test(`FrameReader reads a message of ${length} bytes with every alignment and any key`, () => {
    const payload = Uint8Array.from({ length }, (_, i) => i * 7);
    const words = readFrames([
      frame({ opcode: 2, payload, key: [0, 0, 0, 0] }),
    ]).found;
    for (let shift = 0; shift < 4; shift++) {
      const frames = [
        binary(new Uint8Array(shift)),
        frame({ opcode: 2, payload, key: [0x81, 0xff, 0x00, 0x7e] }),
      ];
      assertEquals(readFrames([concat(frames)]).found.slice(1), words);
    }
  });
}

Deno.test("FrameReader hands out messages of both types in order", () => {
  reads(
    [text("a"), binary("b"), binary("c"), text("d")],
    ["text a", "binary 62", "binary 63", "text d"],
  );
});

Deno.test("FrameReader keeps messages together over pings in between", () => {
  const frames = [text("a"), ping("x"), text("b"), pong(), text("c")];
  assertEquals(readFrames([concat(frames)]).found, [
    "ping x",
    "pong",
    "text a",
    "text b",
    "text c",
  ]);
});

Deno.test("FrameReader joins fragments, with control frames between them", () => {
  reads(
    [
      text("a", { fin: false }),
      more(""),
      ping("1"),
      more("bc"),
      pong("2"),
      more("d", true),
      text("e"),
    ],
    ["ping 1", "pong 2", "text abcd", "text e"],
  );
});

Deno.test("FrameReader hands out the messages before a close frame and nothing after it", () => {
  reads(
    [text("a"), close(1000, "bye"), text("b"), hex("ff ff ff")],
    ["text a", "close 03e8627965"],
  );
});

const AFTER_ONE: [name: string, bytes: Uint8Array, violation: string][] = [
  ...[1, 2, 3, 4, 5, 6, 7].map((rsv): [string, Uint8Array, string] => [
    `reserved bits ${rsv}`,
    text("b", { rsv }),
    "1002 a reserved bit is set",
  ]),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    (opcode): [string, Uint8Array, string] => [
      `opcode ${opcode}`,
      frame({ opcode, payload: "b" }),
      `1002 opcode ${opcode} is reserved`,
    ],
  ),
  [
    "a frame without a mask",
    text("b", { key: null }),
    "1002 a frame is not masked",
  ],
  [
    "a ping without a mask",
    frame({ opcode: 9, key: null }),
    "1002 a frame is not masked",
  ],
  [
    "a fragmented ping",
    frame({ opcode: 9, fin: false }),
    "1002 a control frame is fragmented",
  ],
  [
    "a fragmented close frame",
    frame({ opcode: 8, fin: false }),
    "1002 a control frame is fragmented",
  ],
  [
    "a ping of 126 bytes",
    ping("b".repeat(126)),
    "1002 a control frame is longer than 125 bytes",
  ],
  [
    "a close frame with a 64-bit length",
    frame({ opcode: 8, announced: 2, lengthBytes: 8 }),
    "1002 a control frame is longer than 125 bytes",
  ],
  [
    "a continuation of nothing",
    more("b", true),
    "1002 a continuation has nothing to continue",
  ],
  [
    "a message inside another",
    concat([text("b", { fin: false }), text("c")]),
    "1002 a message begins inside another",
  ],
  [
    "a binary message inside a text",
    concat([text("b", { fin: false }), binary("c", { fin: false })]),
    "1002 a message begins inside another",
  ],
  [
    "125 as a 16-bit length",
    text("b".repeat(125), { lengthBytes: 2 }),
    "1002 a length is not in its shortest form",
  ],
  [
    "0 as a 64-bit length",
    text("", { lengthBytes: 8 }),
    "1002 a length is not in its shortest form",
  ],
  [
    "65535 as a 64-bit length",
    text("", { announced: 65535, lengthBytes: 8 }),
    "1002 a length is not in its shortest form",
  ],
  [
    "a length of 2^63",
    text("", { announced: 1n << 63n }),
    "1002 a length has its highest bit set",
  ],
  [
    "a length of 2^64 - 1",
    text("", { announced: (1n << 64n) - 1n }),
    "1002 a length has its highest bit set",
  ],
  [
    "a length of 2^63 - 1",
    text("", { announced: (1n << 63n) - 1n }),
    "1009 message of 9223372036854776000 bytes is over the limit of 1048576 (--maxframesize)",
  ],
  [
    "a close frame with half a code",
    frame({ opcode: 8, payload: "b" }),
    "1002 a close frame has half a code",
  ],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map(
    (code): [string, Uint8Array, string] => [
      `close code ${code}`,
      close(code),
      `1002 close code ${code} cannot be sent`,
    ],
  ),
  [
    "a reason that is not UTF-8",
    close(1000, hex("ff")),
    "1007 the reason of a close frame is not UTF-8",
  ],
  [
    "a text that is not UTF-8",
    text(hex("ff")),
    "1007 a text message is not UTF-8",
  ],
  [
    "a text cut off inside a character",
    text(hex("e2 82")),
    "1007 a text message is not UTF-8",
  ],
  [
    "a long text cut off inside a character",
    text(concat([utf8("b".repeat(200)), hex("e2 82")])),
    "1007 a text message is not UTF-8",
  ],
];

for (const [name, bytes, violation] of AFTER_ONE) {
  Deno.test(`FrameReader refuses ${name}`, () => {
    reads([text("a"), bytes, text("z")], ["text a", violation]);
  });
}

Deno.test("FrameReader refuses masked frames of a server", () => {
  reads([text("a")], ["1002 a frame is masked"], { masked: false });
});

for (const code of [1000, 1003, 1007, 1011, 1014, 3000, 4000, 4999]) {
  Deno.test(`FrameReader takes close code ${code}`, () => {
    const found = readFrames([close(code)]).found;
    assertEquals(found, [`close ${code.toString(16).padStart(4, "0")}`]);
  });
}

Deno.test("FrameReader takes a text whose characters are cut by fragments", () => {
  const frames = fragments(1, utf8("aé€😀z"), 1);
  reads(frames, ["text aé€😀z"]);
});

Deno.test("FrameReader refuses a text at its first wrong byte", () => {
  // U+110000: the second byte shows it.
  const begin = text(concat([utf8("κόσμε"), hex("f4")]), { fin: false });
  assertEquals(readFrames([begin]).found, []);
  const wrong = "1007 a text message is not UTF-8";
  assertEquals(readFrames([begin, more(hex("90"))]).found, [wrong]);
  const long = text(concat([utf8("a".repeat(50)), hex("f4 90")]), {
    announced: 1000,
  });
  assertEquals(readFrames([long]).found, [wrong]);
});

Deno.test("FrameReader lets binary messages and pings be any bytes", () => {
  reads([ping(hex("ff"))], ["ping \ufffd"]);
  reads(
    [binary(hex("ff")), text("é"), binary(hex("80"))],
    ["binary ff", "text é", "binary 80"],
  );
});

Deno.test("FrameReader hands out the texts before a wrong one", () => {
  reads(
    [text("é"), text("a"), text(hex("80")), text("b")],
    ["text é", "text a", "1007 a text message is not UTF-8"],
  );
});

Deno.test("FrameReader keeps to what it has found wrong", () => {
  const reader = new FrameReader();
  const wrong = text(concat([hex("ff"), utf8("a")]), { announced: 1000 });
  feed(reader, wrong, () => {});
  for (let i = 0; i < 3; i++) {
    assertEquals(reader.next(), "violation");
    reader.room().set(text("b"));
    reader.filled(7);
  }
  assertEquals(reader.violation?.code, 1007);
  for (let i = 0; i < 100; i++) {
    const room = reader.room();
    assertLessOrEqual(room.buffer.byteLength, 1 << 16);
    reader.filled(room.length);
  }
});

Deno.test("FrameReader takes a message at the limit and refuses one past it", () => {
  const limit = { maxFrameSize: 1000 };
  const wrong =
    "1009 message of 1001 bytes is over the limit of 1000 (--maxframesize)";
  assertEquals(
    readFrames([binary(new Uint8Array(1000))], limit).found.length,
    1,
  );
  const one = binary(new Uint8Array(1001));
  assertEquals(readFrames([one], limit).found, [wrong]);
  // As soon as the header is there.
  assertEquals(readFrames([one.subarray(0, 4)], limit).found, [wrong]);
  const parts = fragments(2, new Uint8Array(1001), 100);
  assertEquals(readFrames(parts.slice(0, 10), limit).found, []);
  assertEquals(readFrames(parts, limit).found, [wrong]);
  reads([text("a"), text("bb")], [
    "text a",
    "1009 message of 2 bytes is over the limit of 1 (--maxframesize)",
  ], { maxFrameSize: 1 });
});

Deno.test("FrameReader takes 2 GiB for unlimited", () => {
  const options = { maxFrameSize: 0 };
  const big = binary("", { announced: 2 ** 31 - 2 ** 17 });
  assertEquals(readFrames([big], options).found, []);
  const bigger = binary("", { announced: 2 ** 31 - 2 ** 17 + 1 });
  assertEquals(readFrames([bigger], options).found, [
    "1009 message of 2147352577 bytes is over the limit of 2147352576 (--maxframesize)",
  ]);
});

Deno.test("FrameReader takes 131072 fragments and refuses one more", () => {
  const part = more("");
  const many = (count: number) => [
    text("a", { fin: false }),
    ...Array.from({ length: count - 2 }, () => part),
    more("z", true),
  ];
  const stream = concat(many(1 << 17));
  assertEquals(readFrames([stream]).found, ["text az"]);
  assertEquals(readFrames([concat(many((1 << 17) + 1))]).found, [
    "1009 a message has more than 131072 fragments",
  ]);
});

Deno.test("FrameReader holds nothing for fragments without payload", () => {
  const frames = concat([
    text("a", { fin: false }),
    ...Array.from({ length: 100_000 }, () => more("")),
  ]);
  // In reads of 1 KiB each, so that nothing else makes it grow.
  const chunks = Array.from(
    { length: Math.ceil(frames.length / 1000) },
    (_, i) => frames.subarray(1000 * i, 1000 * i + 1000),
  );
  assertLessOrEqual(readFrames(chunks).held, 1 << 16);
});

Deno.test("FrameReader reserves nothing large before something has come", () => {
  const announced = binary("", { announced: 1 << 20 });
  assertLessOrEqual(readFrames([announced]).held, 1 << 16);
});

for (const size of [100, 100_000, 1 << 20]) {
  Deno.test(`FrameReader holds at most 64 KiB more than a message of ${size} bytes`, () => {
    const whole = binary(new Uint8Array(size));
    const parts = concat(fragments(2, new Uint8Array(size), 999));
    const two = concat(
      fragments(2, new Uint8Array(size), Math.ceil(size * 0.9)),
    );
    const all = concat([text("a"), two, parts, text("b"), whole]);
    for (const stream of [whole, parts, two, all]) {
      const { held, found } = readFrames([stream], { maxFrameSize: size });
      assertLessOrEqual(held, size + (1 << 16));
      assertEquals(found.at(-1)?.startsWith("binary"), true);
    }
  });
}

for (
  const { what, stream } of [
    { what: "in one frame", stream: binary(new Uint8Array(1 << 20)) },
    {
      what: "in fragments",
      stream: concat(fragments(2, new Uint8Array(1 << 20), 50_000)),
    },
    {
      what: "one behind the other",
      stream: concat(new Array(3).fill(binary(new Uint8Array(20_000)))),
    },
  ]
) {
  Deno.test(`FrameReader leaves room to write large messages ${what} to a program without a copy`, () => {
    const framing = createFraming({ framing: "length32" });
    const reader = new FrameReader();
    let encoded = 0;
    // Grown by the first round, as much as can be comes in one read in the second.
    for (const bytes of [stream, stream]) {
      for (let at = 0; at < bytes.length;) {
        const room = reader.room();
        const piece = bytes.subarray(at, at + Math.min(room.length, 1 << 16));
        room.set(piece);
        reader.filled(piece.length);
        at += piece.length;
        while (reader.next() === "messages") {
          const { batch } = reader;
          const { bytes, bounds, count } = batch;
          const size = bounds[2 * count - 1] - bounds[0];
          const isShared = framing.encode(batch).buffer === bytes.buffer;
          if (size <= 1 << 15) continue;
          assert(isShared);
          encoded++;
        }
      }
    }
    assertGreaterOrEqual(encoded, 1);
  });
}

for (const limit of [1, 1000, 40_000, 1 << 16]) {
  Deno.test(`FrameReader holds no more than a limit of ${limit} bytes and 64 KiB, copied for a program`, () => {
    const one = text(new Uint8Array(Math.min(limit, 1000)).fill(97));
    const many = concat(new Array(1000).fill(one));
    const { held, found } = readFrames([many], { maxFrameSize: limit });
    assertEquals(found.length, 1000);
    assertLessOrEqual(2 * held, limit + (1 << 16));
  });
}

Deno.test("FrameReader shrinks when the connection is quiet again", () => {
  const chunks = [
    binary(new Uint8Array(1 << 20)),
    ...Array.from({ length: 8 }, () => text("a")),
  ];
  assertGreaterOrEqual(readFrames(chunks).held, 1 << 20);
  const reader = new FrameReader();
  for (const chunk of chunks) feed(reader, chunk, () => {});
  assertLessOrEqual(reader.room().length, 512);
});

Deno.test("FrameReader hands out at most 2048 messages at once", () => {
  const reader = new FrameReader();
  const stream = concat(Array.from({ length: 5000 }, () => text("")));
  const counts: number[] = [];
  let messages = 0;
  // Grown by the first feeding, the second comes in one read.
  feed(reader, stream, () => {});
  reader.room().set(stream);
  reader.filled(stream.length);
  while (reader.next() === "messages") {
    counts.push(reader.batch.count);
    messages += reader.batch.count;
  }
  assertEquals(messages, 5000);
  assertEquals(counts, [2048, 2048, 904]);
});
