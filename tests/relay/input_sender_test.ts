import { assertEquals } from "@std/assert";
import { createFraming } from "../../lib/framing/create_framing.ts";
import { InputSender } from "../../lib/relay/input_sender.ts";
import { ParcelCutter } from "../../lib/relay/parcel.ts";
import { batchOf } from "../framing/decode.ts";
import { within } from "../helpers/deadline.ts";

for (const name of ["lines", "length32", "raw"] as const) {
  Deno.test(`${name}: messages that a program has not taken are the same when it is asked again`, async () => {
    const framing = createFraming({ framing: name });
    const asked: Uint8Array[] = [];
    const sender = new InputSender(
      {
        publish: () => {},
        ask: () => Promise.reject(new Error("The program runs here")),
      },
      new ParcelCutter(1000),
      {
        subject: "input",
        runsHere: () => true,
        isClosed: () => false,
        take: (_seat, batch) => {
          asked.push(framing.encode(batch).slice());
          return Promise.resolve(asked.length > 1);
        },
      },
    );
    const messages = [60_000, 5, 40_000].map((length, i) =>
      new Uint8Array(length).map((_, at) => 97 + (i + at) % 26)
    );
    const written = sender.write("seat", batchOf(messages, 14));
    await within(written, "the program to take the messages");
    assertEquals(asked, [asked[0], asked[0]]);
    assertEquals(asked[0], framing.encode(batchOf(messages, 0)));
  });
}
