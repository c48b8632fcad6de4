/**
 * The console's page.
 *
 * @module
 */
import { CROSS, HALF, LOGO, MOON, PLUS, SUN } from "./icons.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/**
 * The page, the same for every request: its script looks at the page's own
 * address, so that nothing of a request is ever written into it.
 *
 * @param everyPath Whether the page is there on every path, which then is that of the connection.
 */
export function consolePage(everyPath: boolean): string {
  return `<!DOCTYPE html>
<html lang="en" data-every-path="${everyPath}" data-theme="auto">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>websocketd</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header class="top">
  <h1>${LOGO}<span>websocketd</span></h1>
  <p class="tagline">a program behind a WebSocket</p>
  <div class="top-actions">
    <button type="button" data-part="add" title="Add a connection (n)">${PLUS}<span>Connection</span></button>
    <button type="button" data-part="help" title="Keys (?)" aria-label="Keys and help"><kbd>?</kbd></button>
    <button type="button" data-part="theme" class="square">${HALF}${SUN}${MOON}</button>
  </div>
</header>
<main data-part="panes" class="panes"></main>
<noscript><p>This page connects to a program by a WebSocket, and that takes JavaScript.</p></noscript>
${PANE}
${KEYS}
<script type="module">${SCRIPT}</script>
</body>
</html>
`;
}

const PANE = `<template data-part="pane">
<section class="pane" data-part="root" data-state="none" tabindex="-1">
<div class="pane-grid">
  <form class="opening" data-part="opening" autocomplete="off">
    <span class="number" data-part="number" aria-hidden="true"></span>
    <input class="url mono" data-part="url" type="text" inputmode="url" aria-label="URL" placeholder="ws://localhost:8080/" spellcheck="false" autocapitalize="off" autocorrect="off" enterkeyhint="go">
    <button class="primary" data-part="connect">Connect</button>
    <button type="button" class="square quiet-button" data-part="remove" aria-label="Remove this connection" title="Remove this connection (r)">${CROSS}</button>
  </form>
  <div class="state">
    <ol class="track" data-part="track" aria-label="readyState">
      <li data-step="0"><b>0</b><span>CONNECTING</span></li>
      <li data-step="1"><b>1</b><span>OPEN</span></li>
      <li data-step="2"><b>2</b><span>CLOSING</span></li>
      <li data-step="3"><b>3</b><span>CLOSED</span></li>
    </ol>
    <p class="outcome" data-part="outcome" role="status"></p>
    <button type="button" class="inspect" data-part="inspect" aria-expanded="false" title="Properties and code (i)">Details</button>
  </div>
  <div class="side" role="group" aria-label="The WebSocket object">
    <dl class="facts-list mono">
      <div><dt>readyState</dt><dd data-part="ready-state"></dd></div>
      <div><dt>url</dt><dd data-part="socket-url"></dd></div>
      <div><dt>protocol</dt><dd data-part="protocol"></dd></div>
      <div><dt>extensions</dt><dd data-part="extensions"></dd></div>
      <div><dt>binaryType</dt><dd><select data-part="binary-type" class="mono" aria-label="binaryType"><option>blob</option><option>arraybuffer</option></select></dd></div>
      <div class="totals"><dt>sent</dt><dd data-part="sent"></dd></div>
      <div><dt>received</dt><dd data-part="received"></dd></div>
    </dl>
    <label class="field"><span>Subprotocols to offer</span><input class="mono" data-part="protocols" type="text" placeholder="none; several with commas" spellcheck="false" autocapitalize="off" autocomplete="off"></label>
    <form class="closing" data-part="closing" autocomplete="off" aria-label="Close the connection">
      <label class="field code-field"><span>Close code</span><input class="mono" data-part="close-code" inputmode="numeric" pattern="[0-9]*" maxlength="5" placeholder="none"></label>
      <label class="field"><span>Reason</span><input class="mono" data-part="close-reason" type="text" placeholder="none" maxlength="123"></label>
      <button>close()</button>
    </form>
    <label class="check"><input type="checkbox" data-part="reconnects"><span>Reconnect when it is lost</span></label>
    <details class="code" open>
      <summary>As code</summary>
      <button type="button" class="small" data-part="copy-code">Copy</button>
      <pre class="mono" data-part="code" tabindex="0" aria-label="JavaScript that does the same"></pre>
    </details>
  </div>
  <div class="tools" role="toolbar" aria-label="Log">
    <input class="filter" data-part="filter" type="search" placeholder="Filter" aria-label="Filter" spellcheck="false" autocapitalize="off" autocomplete="off">
    <select data-part="kind" aria-label="Show">
      <option value="all">Everything</option>
      <option value="messages">Messages</option>
      <option value="received">Received</option>
      <option value="sent">Sent</option>
      <option value="event">Events</option>
    </select>
    <span class="buttons">
      <button type="button" data-part="pause" aria-pressed="false" title="Hold the log still (p)">Pause</button>
      <button type="button" data-part="clear" title="Empty the log (x)">Clear</button>
      <button type="button" data-part="copy" title="Copy what is shown">Copy</button>
      <button type="button" data-part="save-text" title="Save as text (s)" >Save text</button>
      <button type="button" data-part="save-json" title="Save as JSON (j)" >Save JSON</button>
    </span>
  </div>
  <div class="log-frame">
    <button type="button" class="older" data-part="older" hidden></button>
    <p class="note" data-part="note"></p>
    <ol class="log mono" data-part="log" tabindex="0" aria-relevant="additions" aria-label="What happened"></ol>
    <button type="button" class="latest" hidden data-part="latest"></button>
  </div>
  <form class="composer" data-part="composer" data-mode="text" autocomplete="off">
    <div class="composer-head">
      <fieldset class="segments">
        <legend>What to send</legend>
        <label><input type="radio" name="mode" value="text" data-role="mode" checked><span>Text</span></label>
        <label><input type="radio" name="mode" value="bytes" data-role="mode"><span>Bytes</span></label>
        <label><input type="radio" name="mode" value="file" data-role="mode"><span>File</span></label>
      </fieldset>
      <p class="buffer mono"><span class="buffer-name">bufferedAmount</span><progress data-part="buffered" max="1" value="0" aria-label="bufferedAmount"></progress><span data-part="buffered-number">0 B</span></p>
    </div>
    <div class="composer-body">
      <textarea class="mono" data-part="message" rows="1" aria-label="Message" spellcheck="false" autocapitalize="off" enterkeyhint="send"></textarea>
      <div class="file">
        <label class="file-button"><input type="file" data-part="file"><bdi data-part="file-name">Choose a file, or drop one here</bdi></label>
        <select name="file-as" aria-label="Send the file as"><option value="blob">as a Blob</option><option value="arraybuffer">as an ArrayBuffer</option></select>
      </div>
      <button class="primary">Send</button>
    </div>
    <p class="problem" data-part="problem" role="alert"></p>
  </form>
</div>
</section>
</template>`;

const KEYS =
  `<dialog data-part="shortcuts" class="keys" aria-labelledby="keys-title">
  <form method="dialog"><h2 id="keys-title">Keys</h2><button class="square quiet-button" aria-label="Close">${CROSS}</button></form>
  <p>While nothing is being typed; <kbd>Esc</kbd> leaves a field.</p>
  <dl>
    <div><dt><kbd>c</kbd></dt><dd>Connect, disconnect</dd></div>
    <div><dt><kbd>u</kbd></dt><dd>Go to the URL</dd></div>
    <div><dt><kbd>m</kbd></dt><dd>Write a message</dd></div>
    <div><dt><kbd>f</kbd> <kbd>/</kbd></dt><dd>Filter the log</dd></div>
    <div><dt><kbd>p</kbd></dt><dd>Pause, resume</dd></div>
    <div><dt><kbd>x</kbd></dt><dd>Clear the log</dd></div>
    <div><dt><kbd>s</kbd> <kbd>j</kbd></dt><dd>Save it, as text or as JSON</dd></div>
    <div><dt><kbd>i</kbd></dt><dd>Details and code</dd></div>
    <div><dt><kbd>n</kbd> <kbd>r</kbd></dt><dd>New connection, remove it</dd></div>
    <div><dt><kbd>1</kbd> to <kbd>9</kbd></dt><dd>Go to a connection</dd></div>
    <div><dt><kbd>t</kbd></dt><dd>Light, dark, or as the system</dd></div>
    <div><dt><kbd>?</kbd></dt><dd>This list</dd></div>
  </dl>
  <p>Where messages are written:</p>
  <dl>
    <div><dt><kbd>Enter</kbd></dt><dd>Send</dd></div>
    <div><dt><kbd>Shift</kbd> <kbd>Enter</kbd></dt><dd>New line</dd></div>
    <div><dt><kbd>&uarr;</kbd> <kbd>&darr;</kbd></dt><dd>What was sent before</dd></div>
  </dl>
  <label class="check"><input type="checkbox" data-part="shortcuts-on" checked><span>Single keys act</span></label>
</dialog>`;
