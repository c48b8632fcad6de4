import { assert, assertEquals, assertGreater } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { within } from "../helpers/deadline.ts";
import { Scratch } from "../helpers/scratch.ts";
import { isBrowserMissing, startBrowser } from "./browser.ts";
import { isMissing, startExample } from "./example.ts";
import { ExamplePage } from "./example_page.ts";

const EXAMPLE = "thumbnail/README.md";
// `identify` stands for all of ImageMagick.
const ignore = isMissing("python3") || isMissing("convert") ||
  isMissing("identify");

/** What a program of ImageMagick prints. */
async function imageMagick(
  program: "convert" | "identify",
  args: readonly string[],
  input: Uint8Array = new Uint8Array(),
): Promise<Uint8Array<ArrayBuffer>> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  void writer.write(input).then(() => writer.close());
  const { success, stdout } = await child.output();
  assert(success, args.join(" "));
  return stdout;
}

/** A picture made by ImageMagick. */
function draw(
  size: string,
  format: string,
): Promise<Uint8Array<ArrayBuffer>> {
  return imageMagick("convert", [
    ...["-size", size, "gradient:red-blue", `${format}:-`],
  ]);
}

/** Format, width and height. */
async function described(picture: string | Uint8Array): Promise<string> {
  const said = await imageMagick(
    "identify",
    ["-format", "%m %w %h", "-"],
    picture as Uint8Array,
  );
  return new TextDecoder().decode(said);
}

function parsed(message: string | Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(message as Uint8Array));
}

/** A JPEG with another size in its head: a few bytes that become gigabytes. */
function claiming(
  jpeg: Uint8Array<ArrayBuffer>,
  width: number,
  height: number,
): Uint8Array<ArrayBuffer> {
  const forged = jpeg.slice();
  // The frame header: marker, length, precision, height, width.
  const at = forged.findIndex((byte, i) =>
    byte === 0xff && forged[i + 1] === 0xc0
  );
  const view = new DataView(forged.buffer);
  view.setUint16(at + 5, height);
  view.setUint16(at + 7, width);
  return forged;
}

Deno.test({
  name:
    "thumbnail makes small ones of JPEG, PNG, GIF and WebP, in the order they came",
  ignore,
  async fn(): Promise<void> {
    await using server = await startExample(EXAMPLE);
    await using client = await Client.open(server.url);
    const formats = ["jpeg", "png", "gif", "webp"];
    for (const format of formats) client.send(await draw("800x400", format));
    for (const [i, format] of formats.entries()) {
      const { length } = await client.message(2 * i + 1);
      assertEquals(parsed(await client.message(2 * i)), {
        format,
        bytes: length,
      });
      assertEquals(
        await described(client.messages[2 * i + 1]),
        "JPEG 320 160",
      );
    }
    // Never larger than it was.
    client.send(await draw("20x10", "png"));
    assertEquals(await described(await client.message(9)), "JPEG 20 10");
  },
});

Deno.test({
  name:
    "thumbnail says what is wrong with what is no picture, or too large a one, and goes on",
  ignore,
  async fn(): Promise<void> {
    await using server = await startExample(EXAMPLE);
    await using client = await Client.open(server.url);
    const bytes = (text: string) => new TextEncoder().encode(text);
    const png = await draw("100x100", "png");
    client.send(
      bytes("push graphic-context\nimage over 0,0 0,0 'label:@/etc/passwd'\n"),
    );
    client.send(bytes('<svg xmlns="http://www.w3.org/2000/svg"/>'));
    client.send(new Uint8Array());
    client.send(png.slice(0, 40));
    client.send(claiming(await draw("100x100", "jpeg"), 5700, 5700));
    for (let i = 0; i < 3; i++) {
      assertEquals(parsed(await client.message(i)), {
        error: "Neither JPEG nor PNG, GIF or WebP",
      });
    }
    for (let i = 3; i < 5; i++) {
      assertEquals(parsed(await client.message(i)), {
        error: "Broken, or larger than 32 megapixels",
      });
    }
    client.send(png);
    assertEquals(await described(await client.message(6)), "JPEG 100 100");
  },
});

Deno.test({
  name: "thumbnail takes 10 MiB, and closes with 1009 at one byte more",
  ignore,
  async fn(): Promise<void> {
    await using server = await startExample(EXAMPLE);
    await using client = await Client.open(server.url);
    const most = 10 * 1024 * 1024;
    client.send(new Uint8Array(most));
    assertEquals(parsed(await client.message(0)), {
      error: "Neither JPEG nor PNG, GIF or WebP",
    });
    client.send(new Uint8Array(most + 1));
    assertEquals((await within(client.closed, "the end")).code, 1009);
  },
});

Deno.test({
  name: "thumbnail's page shows each picture that is chosen, or why not",
  ignore: ignore || isBrowserMissing(),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    Deno.writeFileSync(scratch.file("wide.png"), await draw("900x300", "png"));
    Deno.writeFileSync(scratch.file("tall.jpg"), await draw("300x900", "jpeg"));
    Deno.writeTextFileSync(scratch.file("not.gif"), "no picture");
    Deno.writeFileSync(
      scratch.file("huge.png"),
      new Uint8Array(10 * 1024 * 1024 + 1),
    );
    await using server = await startExample(EXAMPLE);
    await using browser = await startBrowser();
    await using opened = await ExamplePage.open(browser, server);
    const { page } = opened;
    await opened.shows("#state", "ready");
    await page.locator("#files").setInputFiles(
      ["wide.png", "tall.jpg", "not.gif", "huge.png"].map((name) =>
        scratch.file(name)
      ),
    );
    const figure = (name: string) =>
      page.locator("figure").filter({ hasText: name });
    for (
      const [name, width, height] of [
        ["wide.png", 320, 107],
        ["tall.jpg", 107, 320],
      ] as const
    ) {
      const image = figure(name).locator("img");
      await image.waitFor();
      assertEquals(
        await image.evaluate(async (element) => {
          const image = element as unknown as {
            decode(): Promise<void>;
            naturalWidth: number;
            naturalHeight: number;
          };
          await image.decode();
          return [image.naturalWidth, image.naturalHeight];
        }),
        [width, height],
      );
    }
    await opened.shows("figure.failed", /Neither.*not\.gif/);
    await opened.shows("figure.failed", /Larger.*huge\.png/);
    assertEquals(await page.locator("figure").count(), 4);
    await opened.looksRight();
    assertGreater(server.log.length, 0);
  },
});
