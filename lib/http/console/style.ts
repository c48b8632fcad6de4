/**
 * How the console looks.
 *
 * @module
 */

/** The console's style sheet. Every colour is a pair: for light, for dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f3f4f7, #0e1116);
  --surface: light-dark(#ffffff, #151920);
  --sunken: light-dark(#f8f9fb, #11151b);
  --line: light-dark(#e0e4ea, #262c37);
  --edge: light-dark(#c4cad4, #3a4250);
  --text: light-dark(#1a1f29, #e6e9ef);
  --quiet: light-dark(#586174, #98a2b3);
  --accent: light-dark(#3451b2, #93a8f4);
  --accent-fill: light-dark(#3a57c4, #3f5bc9);
  --accent-soft: light-dark(#eaeefb, #1d2543);
  --in: light-dark(#0b7261, #57c9b3);
  --good: light-dark(#1a7f37, #4cc26d);
  --wait: light-dark(#8a5a00, #e2b340);
  --bad: light-dark(#b3261e, #ff8f85);
  --bad-soft: light-dark(#fdf1f0, #2a1819);
  --state: var(--quiet);
  --radius: 8px;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif;
  color: var(--text);
  background: var(--page);
  accent-color: var(--accent-fill);
}
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; height: 100dvh; display: flex; flex-direction: column; overflow-wrap: anywhere; }
h1, h2, p, ol, ul, dl, dd, pre, fieldset { margin: 0; padding: 0; border: 0; }
ol, ul { list-style: none; }
.mono, kbd, pre { font-family: var(--mono); }
.quiet { color: var(--quiet); }
.unseen { position: fixed; opacity: 0; pointer-events: none; }

button, input, select, textarea, .file-button {
  font: inherit;
  color: inherit;
  background: var(--surface);
  border: 1px solid var(--edge);
  border-radius: 6px;
  padding: 5px 10px;
  min-height: 32px;
  min-width: 0;
}
input.mono, select.mono, textarea.mono { font-family: var(--mono); font-size: 13px; }
::placeholder { color: var(--quiet); opacity: 1; font-family: system-ui, sans-serif; }
button, select, .file-button, summary, .check, .segments label { cursor: pointer; }
button { font-weight: 500; white-space: nowrap; }
button:hover, .file-button:hover { background: var(--sunken); border-color: var(--quiet); }
button:disabled { opacity: .55; cursor: default; }
.primary { background: var(--accent-fill); border-color: var(--accent-fill); color: #fff; }
.primary:hover { background: color-mix(in srgb, var(--accent-fill), #000 14%); }
.square { width: 32px; padding: 0; display: inline-grid; place-items: center; }
.quiet-button { border-color: transparent; background: none; color: var(--quiet); }
.small { min-height: 24px; padding: 1px 8px; font: 500 12px/1.4 system-ui, sans-serif; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.pane:focus-visible { outline-offset: -2px; }
.icon { width: 16px; height: 16px; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.icon .filled { fill: currentColor; stroke: none; }
kbd { font-size: 12px; border: 1px solid var(--edge); border-bottom-width: 2px; border-radius: 5px; padding: 0 5px; background: var(--sunken); }

.top { display: flex; align-items: center; gap: 12px; padding: 10px 16px; }
.top h1 { display: flex; align-items: center; gap: 9px; font-size: 15px; font-weight: 650; letter-spacing: -.01em; }
.logo { width: 24px; height: 24px; fill: none; stroke: #fff; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.logo rect { fill: var(--accent-fill); stroke: none; }
.tagline { color: var(--quiet); font-size: 13px; }
.top-actions { margin-left: auto; display: flex; gap: 6px; }
.top-actions button { display: inline-flex; align-items: center; justify-content: center; gap: 6px; }
.top-actions kbd { border: 0; background: none; padding: 0 2px; font-size: 14px; }
:root[data-theme="auto"] :is(.sun, .moon), :root[data-theme="light"] :is(.half, .moon), :root[data-theme="dark"] :is(.half, .sun) { display: none; }

.panes { flex: 1; min-height: 0; overflow: auto; display: grid; gap: 12px; padding: 0 16px 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); grid-auto-rows: minmax(480px, 1fr); }
.pane { container: pane / inline-size; min-width: 0; min-height: 0; background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); overflow: hidden; }
.panes:not([data-panes="1"]) .pane.current { border-color: var(--accent); }
.pane[data-state="0"], .pane[data-state="2"] { --state: var(--wait); }
.pane[data-state="1"] { --state: var(--good); }
.pane[data-state="failed"] { --state: var(--bad); }
.pane-grid { height: 100%; display: grid; grid-template: "opening" auto "state" auto "side" minmax(0, auto) "tools" auto "log" minmax(160px, 1fr) "composer" auto / minmax(0, 1fr); }

.opening { grid-area: opening; display: flex; gap: 8px; padding: 12px 12px 0; align-items: center; }
.url { flex: 1; }
.opening .primary, .opening [data-part="connect"] { min-width: 96px; }
.number { display: none; width: 20px; text-align: center; font-weight: 600; color: var(--quiet); font-variant-numeric: tabular-nums; }
.panes:not([data-panes="1"]) .number { display: block; }
.current .number { color: var(--accent); }

.state { grid-area: state; display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; padding: 10px 12px; border-bottom: 1px solid var(--line); }
.track { display: flex; font-size: 11px; letter-spacing: .02em; color: var(--quiet); }
.track li { display: flex; align-items: center; gap: 6px; }
.track li + li::before { content: ""; width: 18px; height: 1px; margin: 0 6px 0 8px; background: var(--edge); }
.track b { display: grid; place-items: center; width: 18px; height: 18px; border-radius: 50%; border: 1px solid var(--edge); font: 600 11px/1 var(--mono); }
.track [aria-current] { color: var(--state); font-weight: 650; }
.track [aria-current] b { background: var(--state); border-color: var(--state); color: var(--surface); box-shadow: 0 0 0 3px color-mix(in srgb, var(--state), transparent 82%); }
.outcome { flex: 1 1 220px; min-width: 0; }
.pane[data-state="failed"] .outcome { color: var(--bad); }
.inspect[aria-expanded="true"] { background: var(--accent-soft); border-color: var(--accent); }

.side { grid-area: side; display: none; flex-direction: column; gap: 12px; padding: 12px; overflow: auto; border-bottom: 1px solid var(--line); background: var(--sunken); max-height: 45dvh; }
.inspected .side { display: flex; }
.facts-list { display: grid; gap: 4px; font-size: 12px; }
.facts-list > div { display: grid; grid-template-columns: 118px minmax(0, 1fr); gap: 8px; align-items: baseline; }
.facts-list dt { color: var(--quiet); }
.facts-list select { width: 100%; min-height: 28px; padding: 2px 6px; font-size: 12px; }
.field { display: grid; gap: 3px; min-width: 0; }
.field > span { font-size: 12px; color: var(--quiet); }
.field input { width: 100%; }
.closing { display: flex; gap: 6px; align-items: end; }
.closing .field { flex: 1; }
.closing .code-field { flex: 0 0 76px; }
.closing button { font: 500 13px/1.4 var(--mono); }
.check { display: flex; gap: 8px; align-items: center; }
.check input { width: 16px; height: 16px; min-height: 0; margin: 0; flex: none; }
.code { position: relative; }
.code summary { font-weight: 600; padding: 2px 0; border-radius: 4px; }
.code pre { margin-top: 6px; padding: 10px; font-size: 12px; line-height: 1.55; white-space: pre-wrap; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; max-height: 340px; overflow: auto; }
.code button { position: absolute; top: 0; right: 0; }

.tools { grid-area: tools; display: flex; flex-wrap: wrap; gap: 6px; padding: 8px 12px; border-bottom: 1px solid var(--line); }
.tools :is(button, select, input) { min-height: 28px; padding-block: 2px; font-size: 13px; }
.filter { flex: 1 1 120px; }
.buttons { display: flex; flex-wrap: wrap; gap: 6px; }
[data-part="pause"][aria-pressed="true"] { background: var(--wait); border-color: var(--wait); color: var(--surface); font-variant-numeric: tabular-nums; }

.log-frame { grid-area: log; position: relative; display: flex; flex-direction: column; min-height: 0; }
.log { flex: 1; min-height: 0; overflow: auto; font-size: 12.5px; line-height: 1.5; overscroll-behavior: contain; }
.log:focus-visible { outline-offset: -2px; }
.note:empty { display: none; }
.note { padding: 12px 12px 10px; color: var(--quiet); font-size: 13px; }
.older { border: 0; border-bottom: 1px solid var(--line); border-radius: 0; color: var(--accent); font-size: 13px; font-variant-numeric: tabular-nums; }
.latest { position: absolute; bottom: 10px; left: 50%; transform: translateX(-50%); border-radius: 99px; background: var(--accent-fill); border-color: transparent; color: #fff; font-size: 13px; box-shadow: 0 2px 10px #0003; font-variant-numeric: tabular-nums; }
.latest:hover { background: color-mix(in srgb, var(--accent-fill), #000 14%); }

.row { display: grid; grid-template-columns: 94px 12px 112px minmax(0, 1fr) auto; gap: 0 8px; padding: 3px 12px; border-left: 3px solid transparent; }
.row + .row { border-top: 1px solid color-mix(in srgb, var(--line), transparent 45%); }
.row > * { grid-row: 1; }
.time, .size { color: var(--quiet); font-variant-numeric: tabular-nums; white-space: nowrap; }
.size { grid-column: 5; font-size: 11.5px; }
.content { grid-column: 4; min-width: 0; }
.sent .arrow, .sent .name { color: var(--accent); }
.received .arrow, .received .name { color: var(--in); }
.event .arrow, .event .name { color: var(--quiet); }
.event { background: var(--sunken); }
.row.failure { background: var(--bad-soft); border-left-color: var(--bad); }
.failure .name { color: var(--bad); }
.text { white-space: pre-wrap; tab-size: 4; unicode-bidi: isolate; }
.fact { display: inline-block; margin-right: 12px; }
.words { font-family: system-ui, sans-serif; font-size: 13.5px; margin: 1px 0; }
.advice { font-family: system-ui, sans-serif; font-size: 13px; color: var(--quiet); margin: 4px 0; padding-left: 16px; list-style: disc; }
.advice code { white-space: nowrap; color: var(--text); font-family: var(--mono); font-size: 12px; }
.command { white-space: pre-wrap; padding: 8px 10px; margin: 4px 0; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; font-size: 12px; }
.hex { overflow-x: auto; padding: 2px 0; }
.more { display: block; padding: 3px 0; }

.composer { grid-area: composer; padding: 8px 12px 12px; border-top: 1px solid var(--line); display: grid; gap: 8px; }
.composer-head, .composer-body { display: flex; gap: 8px; align-items: end; }
.composer-head { align-items: center; justify-content: space-between; }
.segments { display: flex; border: 1px solid var(--edge); border-radius: 6px; overflow: hidden; }
.segments legend { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
.segments label + label { border-left: 1px solid var(--edge); }
.segments input { position: absolute; opacity: 0; min-height: 0; width: 1px; height: 1px; padding: 0; margin: 0; }
.segments span { display: block; padding: 2px 12px; font-size: 13px; font-weight: 500; }
.segments :checked + span { background: var(--accent-soft); color: var(--accent); }
.segments :focus-visible + span { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 5px; }
.buffer { display: flex; align-items: center; gap: 8px; font-size: 12px; color: var(--quiet); min-width: 0; }
.buffer progress { width: 110px; height: 6px; flex: 0 1 auto; min-width: 40px; appearance: none; border: 0; border-radius: 3px; background: var(--line); overflow: hidden; }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); transition: inline-size .1s linear; }
progress::-moz-progress-bar { background: var(--accent); }
.buffer [data-part] { font-variant-numeric: tabular-nums; white-space: nowrap; }
.composer textarea { flex: 1; min-height: 36px; max-height: 200px; padding: 8px 10px; resize: none; line-height: 1.45; }
.composer .primary { min-height: 36px; min-width: 72px; }
.file { flex: 1; display: none; gap: 8px; min-width: 0; }
[data-mode="file"] .file { display: flex; }
[data-mode="file"] textarea { display: none; }
.file-button { flex: 1; min-height: 36px; display: flex; align-items: center; border-style: dashed; min-width: 0; }
.file-button bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.file-button input { position: absolute; opacity: 0; width: 1px; height: 1px; min-height: 0; padding: 0; }
.file-button:focus-within { outline: 2px solid var(--accent); outline-offset: 1px; }
.problem:empty { display: none; }
.problem { color: var(--bad); font-size: 13px; }

.keys { color: inherit; background: var(--surface); border: 1px solid var(--edge); border-radius: 12px; padding: 16px 20px 20px; width: min(420px, calc(100vw - 24px)); box-shadow: 0 12px 48px #0005; }
.keys::backdrop { background: #0007; }
.keys form { display: flex; justify-content: space-between; align-items: center; }
.keys h2 { font-size: 16px; }
.keys p { color: var(--quiet); margin: 8px 0; }
.keys dl { display: grid; gap: 5px; }
.keys dl > div { display: grid; grid-template-columns: 112px 1fr; }
.keys .check { margin-top: 14px; }

@container pane (min-width: 860px) {
  .pane-grid { grid-template: "opening opening" auto "state state" auto "tools side" auto "log side" minmax(160px, 1fr) "composer side" auto / minmax(0, 1fr) 348px; }
  .side { display: flex; max-height: none; border-bottom: 0; border-left: 1px solid var(--line); }
  .code pre { max-height: max(160px, 100dvh - 536px); }
  .inspect { display: none; }
}
@container pane (max-width: 640px) {
  .row { grid-template-columns: auto 12px minmax(0, 1fr) auto; padding-block: 5px; }
  .row > .size { grid-column: 4; }
  .row > .content { grid-row: 2; grid-column: 1 / -1; }
  .row > .content:empty { display: none; }
  .track { flex: 1 1 100%; justify-content: space-between; }
  .track li { flex-direction: column; gap: 3px; position: relative; flex: 1; }
  .track li + li::before { position: absolute; right: calc(50% + 16px); top: 9px; width: calc(100% - 32px); margin: 0; }
  .buffer-name { display: none; }
  .buttons { flex: 1 1 100%; }
  .buttons button { flex: 1 1 auto; padding-inline: 4px; }
}
@media (max-width: 640px) {
  .top { padding: 8px 10px; gap: 8px; }
  .tagline { display: none; }
  .panes { padding: 0 6px 6px; grid-auto-rows: minmax(min(560px, 100%), 1fr); }
}
@media (max-width: 640px) {
  /* No room for both: the details take the place of the log. */
  .inspected .pane-grid { grid-template: "opening" auto "state" auto "side" minmax(160px, 1fr) "composer" auto / minmax(0, 1fr); }
  .inspected :is(.tools, .log-frame) { display: none; }
  .inspected .side { max-height: none; border-bottom: 0; }
}
@media (max-width: 400px) {
  [data-part="add"] span { display: none; }
}
@media (pointer: coarse) {
  button, input, select, .file-button, .tools :is(button, select, input) { min-height: 40px; }
  .square { width: 40px; }
  .small { min-height: 32px; }
  .code summary { padding: 6px 0; }
  /* Smaller text in a field makes some phones zoom in. */
  input, select, textarea, input.mono, select.mono, textarea.mono { font-size: 16px; }
  .segments span { padding: 9px 14px; }
  .tools :is(button, select, input) { min-height: 36px; }
  .tools button { font-size: 13px; padding-inline: 5px; }
  .composer .primary, .composer textarea { min-height: 40px; }
}
@media (prefers-reduced-motion: no-preference) {
  .track b { transition: background-color .2s, box-shadow .2s; }
  .pane[data-state="0"] [aria-current] b { animation: pulse 1.2s ease-in-out infinite; }
  @keyframes pulse { 50% { box-shadow: 0 0 0 6px color-mix(in srgb, var(--state), transparent 92%); } }
}
@media (forced-colors: active) {
  .track [aria-current] b { outline: 2px solid; }
}
`;
