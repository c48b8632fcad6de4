/**
 * Records a real session in a terminal, with tmux, and writes it as a picture
 * that moves: `deno run -A .github/record_terminal.ts`.
 *
 * @module
 */

const COLUMNS = 122, ROWS = 18, ABOVE = 6;
const CHAR_WIDTH = 7.9, LINE_HEIGHT = 18, MARGIN = 16, TITLE = 34;
/** How often to look, and how long the last picture stays, in milliseconds. */
const LOOK_MS = 60, LAST_MS = 4000;
const NAME = `recording-${Deno.pid}`;

/** What one sees from some moment on. */
interface Frame {
  readonly at: number;
  readonly lines: readonly string[];
}

async function tmux(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("tmux", {
    args: ["-L", NAME, "-f", "/dev/null", ...args],
    env: { LC_ALL: "C.UTF-8" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function screen(pane: number, rows: number): Promise<string[]> {
  const text = await tmux("capture-pane", "-p", "-t", `${NAME}:0.${pane}`);
  const lines = text.split("\n").map((line) => line.trimEnd());
  return Array.from({ length: rows }, (_, row) => lines[row] ?? "");
}

/** What is in both panes, with the cursor where one types. */
async function look(): Promise<string[]> {
  const [above, below, cursor] = await Promise.all([
    screen(0, ABOVE),
    screen(1, ROWS - ABOVE - 1),
    tmux(
      "display",
      "-p",
      "-t",
      `${NAME}:0`,
      "#{pane_index} #{cursor_x} #{cursor_y}",
    ),
  ]);
  const [pane, x, y] = cursor.split(" ").map(Number);
  const lines = pane === 0 ? above : below;
  lines[y] = `${lines[y].padEnd(x).slice(0, x)}█${lines[y].slice(x + 1)}`;
  return [...above, "─".repeat(COLUMNS), ...below];
}

/** Types a line as a person does, and waits until something is to be seen. */
async function type(pane: number, line: string, until: RegExp): Promise<void> {
  const target = `${NAME}:0.${pane}`;
  await tmux("select-pane", "-t", target);
  for (const char of line) {
    await tmux("send-keys", "-t", target, "-l", char);
    await pause(25);
  }
  await pause(300);
  await tmux("send-keys", "-t", target, "Enter");
  const rows = pane === 0 ? ABOVE : ROWS - ABOVE - 1;
  while (!until.test((await screen(pane, rows)).join("\n"))) await pause(50);
  await pause(1200);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** The whole recording: each frame is shown in its time, again and again. */
function svgOf(frames: readonly Frame[]): string {
  const total = frames.at(-1)!.at + LAST_MS;
  const width = Math.round(COLUMNS * CHAR_WIDTH + 2 * MARGIN);
  const height = ROWS * LINE_HEIGHT + MARGIN + TITLE;
  const percent = (ms: number) => (100 * ms / total).toFixed(3);
  const styles = frames.map(({ at }, i) => {
    const until = frames[i + 1]?.at ?? total;
    return `@keyframes f${i}{0%,${percent(at)}%{visibility:hidden}${
      percent(at + 0.1)
    }%,${percent(until)}%{visibility:visible}${
      until < total ? `${percent(until + 0.1)}%,100%{visibility:hidden}` : ""
    }}`;
  });
  const pictures = frames.map(({ lines }, i) => {
    const texts = lines.map((line, row) =>
      line === ""
        ? ""
        : `<text x="${MARGIN}" y="${TITLE + (row + 1) * LINE_HEIGHT - 4}"${
          line.startsWith("$ ") ? ' class="c"' : ""
        }>${escape(line)}</text>`
    );
    return `<g style="animation:f${i} ${total}ms step-end infinite">${
      texts.join("")
    }</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="A terminal: above, the server is started with counter.sh; below, a client gets 1, 2 and 3, and its exit status is the program's">
<style>text{font:13px/1 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d7dde5;white-space:pre}.c{fill:#8fd6a5}g{visibility:hidden}@media(prefers-reduced-motion:reduce){g{animation:none!important}g:last-of-type{visibility:visible}}
${styles.join("\n")}</style>
<rect width="${width}" height="${height}" rx="10" fill="#14181f"/>
<circle cx="20" cy="17" r="5" fill="#49525f"/><circle cx="38" cy="17" r="5" fill="#49525f"/><circle cx="56" cy="17" r="5" fill="#49525f"/>
${pictures.join("\n")}
</svg>
`;
}

const root = new URL("../", import.meta.url).pathname;
await tmux(
  ...["new-session", "-d", "-s", NAME, "-x", `${COLUMNS}`, "-y", `${ROWS}`],
  ...["-c", root, "env", "PS1=$ ", "bash", "--norc", "--noprofile"],
);
await tmux("set", "-g", "status", "off");
await tmux(
  ...["split-window", "-v", "-t", `${NAME}:0`, "-l", `${ROWS - ABOVE - 1}`],
  ...["-c", root, "env", "PS1=$ ", "bash", "--norc", "--noprofile"],
);
const frames: Frame[] = [];
let isOver = false;
const started = performance.now();
const recording = (async () => {
  while (!isOver) {
    const lines = await look();
    const last = frames.at(-1);
    if (last === undefined || last.lines.join("\n") !== lines.join("\n")) {
      frames.push({ at: Math.round(performance.now() - started), lines });
    }
    await pause(LOOK_MS);
  }
})();
await pause(600);
const server = "deno run -A main.ts --port=8080 --loglevel=info";
await type(0, `${server} bash ./examples/bash/counter.sh`, /ws:\/\//);
const client = "deno run -A main.ts connect ws://localhost:8080/";
await type(1, `${client} && echo done`, /\ndone/);
await type(1, `${client} | tail -n 1`, /done[^]*\n3/);
isOver = true;
await recording;
await tmux("kill-server");
Deno.writeTextFileSync(`${root}.github/terminal.svg`, svgOf(frames));
console.log(`${frames.length} frames`);
