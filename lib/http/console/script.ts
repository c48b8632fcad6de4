/**
 * The script of the console's page. Made from `browser/` by
 * `UPDATE=1 deno test -A tests/http/console_test.ts`: change it there.
 *
 * @module
 */
export const SCRIPT = `
function connectionUrl(page, everyPath) {
  const scheme = page.protocol === "https:" ? "wss:" : "ws:";
  const asked = new URLSearchParams(page.search).get("path") ?? "/";
  const path = everyPath ? page.pathname + page.search : asked.startsWith("/") ? asked : \`/\${asked}\`;
  return \`\${scheme}//\${page.host}\${path}\`;
}
function pageUrl(connection, page, everyPath) {
  let url;
  try {
    url = new URL(connection);
  } catch {
    return null;
  }
  if (url.host !== page.host) return null;
  const path = url.pathname + url.search;
  if (everyPath) return page.origin + path;
  const query = path === "/" ? "" : \`?path=\${encodeURIComponent(path).replaceAll("%2F", "/")}\`;
  return page.origin + page.pathname + query;
}

var UNITS = [
  "B",
  "KiB",
  "MiB",
  "GiB"
];
function count(value) {
  return value.toLocaleString("en");
}
function countOf(value, thing, things = \`\${thing}s\`) {
  return \`\${count(value)} \${value === 1 ? thing : things}\`;
}
function size(bytes) {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 10 ? 0 : 1;
  return \`\${value.toFixed(digits)} \${UNITS[unit]}\`;
}
function clock(time) {
  const date = new Date(time);
  const two = (value) => String(value).padStart(2, "0");
  return \`\${two(date.getHours())}:\${two(date.getMinutes())}:\${two(date.getSeconds())}.\${String(date.getMilliseconds()).padStart(3, "0")}\`;
}

function part(root, name, type) {
  const found = root.querySelector(\`[data-part="\${name}"]\`);
  if (found instanceof type) return found;
  throw new TypeError(\`Cannot find the part "\${name}" of the page\`);
}

var LOOK_MS = 40;
var BufferMeter = class {
  #connection;
  #bar;
  #number;
  #timer = null;
  constructor(pane, connection) {
    this.#connection = connection;
    this.#bar = part(pane, "buffered", HTMLProgressElement);
    this.#number = part(pane, "buffered-number", HTMLElement);
    this.look();
  }
  /** Looks, and goes on looking until nothing waits or nothing will go any more. */
  look() {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { bufferedAmount, readyState } = this.#connection;
    if (bufferedAmount === 0) this.#bar.max = 1;
    else if (bufferedAmount > this.#bar.max) this.#bar.max = bufferedAmount;
    this.#bar.value = bufferedAmount;
    this.#number.textContent = bufferedAmount > 0 && readyState === WebSocket.CLOSED ? \`\${size(bufferedAmount)} never left\` : size(bufferedAmount);
    if (bufferedAmount > 0 && readyState !== WebSocket.CLOSED) {
      this.#timer = setTimeout(() => this.look(), LOOK_MS);
    }
  }
};

var ENCODER = new TextEncoder();
function bytesOf(data) {
  if (typeof data === "string") return ENCODER.encode(data).byteLength;
  return data instanceof Blob ? data.size : data.byteLength;
}
function textOf(entry) {
  const { data, facts: facts2 = [], words, advice: advice2 = [], command } = entry;
  if (typeof data === "string") return data;
  return [
    ...facts2.map(([name, value]) => \`\${name} \${value}\`),
    words ?? "",
    ...advice2,
    command ?? ""
  ].filter((line) => line !== "").join("\\n");
}

var LONGEST = 120;
function openingCode(url, protocols, binaryType) {
  const offered = protocols.length === 0 ? "" : \`  [\${protocols.map(literal).join(", ")}],
\`;
  const binary2 = binaryType === "blob" ? "" : \`ws.binaryType = \${literal(binaryType)};
\`;
  return \`const ws = new WebSocket(
  \${literal(url)},
\${offered});
\${binary2}
ws.onopen = () =>
  console.log("open", ws.protocol);
ws.onmessage = (event) =>
  console.log(event.data);
ws.onerror = () =>
  console.log("error");
ws.onclose = ({ code, reason }) =>
  console.log(code, reason);\`;
}
function sendCode(data) {
  if (typeof data === "string") return \`ws.send(\${literal(data)});\`;
  const bytes = size(bytesOf(data));
  if (data instanceof File) {
    return \`ws.send(input.files[0]); // a Blob: \${oneLine(data.name)}, \${bytes}\`;
  }
  if (data instanceof Blob) return \`ws.send(blob); // \${bytes}\`;
  if (data.byteLength > 16) {
    return \`ws.send(await file.arrayBuffer()); // \${bytes}\`;
  }
  const list = Array.from(new Uint8Array(data), (byte) => \`0x\${byte.toString(16).padStart(2, "0")}\`);
  return \`ws.send(new Uint8Array([\${list.join(", ")}]).buffer);\`;
}
function closeCode(code, reason) {
  if (code === void 0) return "ws.close();";
  return reason === "" ? \`ws.close(\${code});\` : \`ws.close(\${code}, \${literal(reason)});\`;
}
function literal(text2) {
  return text2.length > LONGEST ? \`\${JSON.stringify(text2.slice(0, LONGEST))} /* \\u2026 */\` : JSON.stringify(text2);
}
function oneLine(text2) {
  return text2.replace(/\\s+/g, " ");
}

async function copyText(text2) {
  try {
    await navigator.clipboard.writeText(text2);
    return true;
  } catch {
    return copySelected(text2);
  }
}
function saveFile(name, data) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(data);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 6e4);
}
function copySelected(text2) {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text2;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}

var CALLS = 8;
var CodePanel = class {
  #code;
  #opening = "";
  #calls = [];
  constructor(pane) {
    this.#code = part(pane, "code", HTMLElement);
    const copy = part(pane, "copy-code", HTMLButtonElement);
    copy.addEventListener("click", async () => {
      const copied = await copyText(this.#code.textContent ?? "");
      copy.textContent = copied ? "Copied" : "Not allowed";
      setTimeout(() => copy.textContent = "Copy", 1500);
    });
  }
  /** A connection is, or would be, opened. */
  opens(url, protocols, { binaryType }) {
    this.#opening = openingCode(url, protocols, binaryType);
    this.#calls = [];
    this.#show();
  }
  /** Something was sent. */
  sent(data) {
    this.#called(sendCode(data));
  }
  /** The connection was closed from here. */
  closed(code, reason) {
    this.#called(closeCode(code, reason));
  }
  /** \`binaryType\` was set while there was a connection. */
  binaryTypeSet(type) {
    this.#called(\`ws.binaryType = \${JSON.stringify(type)};\`);
  }
  #called(line) {
    this.#calls.push(line);
    if (this.#calls.length > CALLS) this.#calls.shift();
    this.#show();
  }
  #show() {
    this.#code.textContent = [
      this.#opening,
      ...this.#calls.length === 0 ? [] : [
        "",
        ...this.#calls
      ]
    ].join("\\n");
    this.#code.scrollTop = this.#calls.length === 0 ? 0 : this.#code.scrollHeight;
  }
};

function parseHex(text2) {
  const bytes = [];
  for (const word of text2.split(/[\\s,;:]+/)) {
    const digits = /^0x/i.test(word) ? word.slice(2) : word;
    const odd = /[^0-9a-f]/i.exec(digits);
    if (odd !== null) {
      throw new SyntaxError(\`Cannot read "\${odd[0]}" in "\${shorten(word)}": bytes are hexadecimal digits, such as 48 65 6c\`);
    }
    if (digits.length === 1) bytes.push(Number.parseInt(digits, 16));
    else if (digits.length % 2 === 1) {
      throw new SyntaxError(\`Cannot read "\${shorten(word)}": two digits make a byte, and one is missing\`);
    } else {
      for (let at = 0; at < digits.length; at += 2) {
        bytes.push(Number.parseInt(digits.slice(at, at + 2), 16));
      }
    }
  }
  return Uint8Array.from(bytes);
}
function hexDump(bytes, perRow = 16) {
  const rows = [];
  const width = Math.min(perRow, bytes.length) * 3 - 1;
  for (let at = 0; at < bytes.length; at += perRow) {
    const row = bytes.subarray(at, at + perRow);
    rows.push(\`\${at.toString(16).padStart(4, "0")}  \${digitsOf(row).padEnd(width)}  \${String.fromCharCode(...row).replace(/[^ -~]/g, ".")}\`);
  }
  return rows.join("\\n");
}
function digitsOf(bytes, between = " ") {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(between);
}
function shorten(word) {
  return word.length > 20 ? \`\${word.slice(0, 20)}\\u2026\` : word;
}

var unkept = /* @__PURE__ */ new Map();
function remembered(name) {
  try {
    return unkept.get(name) ?? localStorage.getItem(name);
  } catch {
    return null;
  }
}
function remember(name, text2) {
  try {
    localStorage.setItem(name, text2);
  } catch {
    unkept.set(name, text2);
  }
}

var NAME = "websocketdconsole.sendhistory";
var LONGEST2 = 100;
var LONGEST_MESSAGE = 1e4;
var SendHistory = class {
  /** Place of what is shown, -1 for what is being written. */
  #at = -1;
  #draft = "";
  /** Keeps a message that was sent. */
  add(message) {
    this.#at = -1;
    const messages = messagesKept();
    const isNew = message !== "" && message !== messages[0];
    if (!isNew || message.length > LONGEST_MESSAGE) return;
    remember(NAME, JSON.stringify([
      message,
      ...messages
    ].slice(0, LONGEST2)));
  }
  /**
   * The message before or after the one that is shown, or null at the end.
   *
   * @param current What is shown now: kept for the way back.
   */
  step(towards, current2) {
    const messages = messagesKept();
    if (this.#at === -1) this.#draft = current2;
    const at = this.#at + (towards === "older" ? 1 : -1);
    if (at < -1 || at >= messages.length) return null;
    this.#at = at;
    return at === -1 ? this.#draft : messages[at];
  }
};
function messagesKept() {
  try {
    const messages = JSON.parse(remembered(NAME) ?? "[]");
    return Array.isArray(messages) ? messages.filter((message) => typeof message === "string") : [];
  } catch {
    return [];
  }
}

var TALLEST = 200;
var HINTS = {
  text: "Message",
  bytes: "Bytes, such as 48 65 6c 6c 6f",
  file: ""
};
var Composer = class {
  #form;
  #box;
  #files;
  #problem;
  #fileName;
  #history = new SendHistory();
  #send;
  #mode = "text";
  /** What the box is for, and what was typed for either. */
  #typing = "text";
  #typed = {
    text: "",
    bytes: ""
  };
  #file = null;
  /** @param send Sends a message; false if that was not possible, and the text has to stay. */
  constructor(pane, send) {
    this.#send = send;
    this.#form = part(pane, "composer", HTMLFormElement);
    this.#box = part(pane, "message", HTMLTextAreaElement);
    this.#files = part(pane, "file", HTMLInputElement);
    this.#problem = part(pane, "problem", HTMLElement);
    this.#fileName = part(pane, "file-name", HTMLElement);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#form.addEventListener("change", ({ target }) => {
      if (!(target instanceof HTMLInputElement)) return;
      if (target === this.#files) this.#choose(target.files?.[0] ?? null);
      else if (target.dataset.role === "mode") this.#show(target.value);
    });
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    this.#box.addEventListener("input", () => this.#grow());
    pane.addEventListener("drop", (event) => {
      const file = event.dataTransfer?.files[0];
      if (file !== void 0) this.#choose(file);
    });
    this.#show("text");
  }
  /** Puts the cursor where messages are written. */
  focus() {
    if (this.#mode === "file") this.#files.focus();
    else this.#box.focus();
  }
  async #submit() {
    this.#problem.textContent = "";
    if (this.#mode === "file") return await this.#sendFile();
    const text2 = this.#box.value;
    if (this.#mode === "text") {
      if (!this.#send(text2)) return;
      this.#history.add(text2);
    } else {
      let bytes;
      try {
        bytes = parseHex(text2);
      } catch (error) {
        this.#problem.textContent = error.message;
        return;
      }
      if (!this.#send(bytes.buffer)) return;
    }
    this.#fill("");
  }
  async #sendFile() {
    const file = this.#file;
    if (file === null) {
      this.#problem.textContent = "No file is chosen yet";
      return;
    }
    const asBuffer = new FormData(this.#form).get("file-as") === "arraybuffer";
    try {
      this.#send(asBuffer ? await file.arrayBuffer() : file);
    } catch (error) {
      this.#problem.textContent = \`Cannot read the file: \${error.message}\`;
    }
  }
  #choose(file) {
    this.#file = file;
    this.#fileName.textContent = file === null ? "Choose a file, or drop one here" : \`\${file.name} \\xB7 \${size(file.size)}\`;
    this.#problem.textContent = "";
    this.#show("file");
  }
  #show(mode) {
    if (mode !== "file" && mode !== this.#typing) {
      this.#typed[this.#typing] = this.#box.value;
      this.#typing = mode;
      this.#fill(this.#typed[mode]);
    }
    this.#mode = mode;
    this.#form.dataset.mode = mode;
    this.#problem.textContent = "";
    this.#box.placeholder = HINTS[mode];
    for (const radio of this.#form.querySelectorAll("input")) {
      if (radio.dataset.role === "mode") radio.checked = radio.value === mode;
    }
  }
  #key(event) {
    const { key, isComposing } = event;
    if (isComposing) return;
    if (key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#form.requestSubmit();
    } else if (key === "ArrowUp" || key === "ArrowDown") this.#recall(event);
  }
  /** Arrow keys move through the text first, and only beyond its first and last line through the history. */
  #recall(event) {
    const { value, selectionStart, selectionEnd } = this.#box;
    const hasModifier = event.shiftKey || event.altKey || event.ctrlKey || event.metaKey;
    if (hasModifier || this.#mode !== "text") return;
    if (selectionStart !== selectionEnd) return;
    const isUp = event.key === "ArrowUp";
    const beyond = isUp ? value.slice(0, selectionStart) : value.slice(selectionEnd);
    if (beyond.includes("\\n")) return;
    const text2 = this.#history.step(isUp ? "older" : "newer", value);
    if (text2 === null) return;
    event.preventDefault();
    this.#fill(text2);
  }
  #fill(text2) {
    this.#box.value = text2;
    this.#box.setSelectionRange(text2.length, text2.length);
    this.#grow();
  }
  #grow() {
    const { style } = this.#box;
    style.height = "auto";
    style.height = \`\${Math.min(TALLEST, this.#box.scrollHeight + 2)}px\`;
  }
};

var PASSING = [
  1001,
  1006,
  1012,
  1013,
  1014
];
function isPassing(code) {
  return PASSING.includes(code);
}

var CLOSE = {
  /** The program ended with status 0. */
  NORMAL: 1e3,
  /** The server stops. */
  GOING_AWAY: 1001,
  /** The client sent a text message to a binary framing, or the other way round. */
  UNSUPPORTED_DATA: 1003,
  /** Never sent: a close frame said no code. */
  NO_STATUS: 1005,
  /** Never sent: the connection was lost without a close frame. */
  ABNORMAL: 1006,
  /** A limit other than size: time, idleness. */
  POLICY: 1008,
  /** A message over the size limit. */
  TOO_BIG: 1009,
  /** The program could not be started, or its output could not be sent. */
  INTERNAL: 1011,
  /** Too busy: the program reads more slowly than the client sends, and the client cannot be held back. */
  TRY_AGAIN: 1013,
  /** Added to the exit status of a program that failed. */
  EXIT: 4e3,
  /** Added to the number of the signal that killed the program. */
  SIGNAL: 4500
};

var MEANINGS = {
  [CLOSE.NORMAL]: [
    "The connection ended as it should."
  ],
  [CLOSE.GOING_AWAY]: [
    "The server is stopping."
  ],
  1002: [
    "One side broke the rules of the protocol.",
    "The reason says which, as the side sees it that closed."
  ],
  [CLOSE.UNSUPPORTED_DATA]: [
    "The program does not take messages of that type.",
    "Text goes with --framing=lines, nul, raw and tagged; binary messages go with --framing=chunks and length32."
  ],
  1005: [
    "The connection was closed without a code; 1005 stands for that and is never sent."
  ],
  1007: [
    "Something that was sent as text was not UTF-8."
  ],
  [CLOSE.POLICY]: [
    "A limit of the server was reached; the reason says which.",
    "--timeout bounds how long a session lasts, --idle how long it may be silent."
  ],
  [CLOSE.TOO_BIG]: [
    "A message was larger than the server takes.",
    "--maxframesize sets how large one may be: 1 MiB if it is left out."
  ],
  1010: [
    "The server lacks an extension that this browser asked for."
  ],
  [CLOSE.INTERNAL]: [
    "The server could not start the program, or could not send what it printed.",
    "The server's log has the details."
  ],
  1012: [
    "The server restarts."
  ],
  [CLOSE.TRY_AGAIN]: [
    "The server is too busy: the program reads more slowly than this page sends."
  ],
  1014: [
    "A server in between got no proper answer from the one behind it."
  ],
  1015: [
    "The encrypted connection could not be made."
  ]
};
var CALM = /* @__PURE__ */ new Set([
  CLOSE.NORMAL,
  CLOSE.GOING_AWAY,
  1005,
  1012
]);
function explainClose(ending) {
  const { code, reason, wasOpen, closedWith } = ending;
  if (code === CLOSE.ABNORMAL && closedWith !== null) {
    return explanation(wasOpen ? "You closed the connection, and the server did not answer in time." : "You gave up before there was a connection.", false);
  }
  if (code === CLOSE.ABNORMAL) return wasOpen ? lost() : notConnected(ending);
  if (code === closedWith) {
    return explanation(code === 1005 ? "You closed the connection without a code; 1005 stands for that and is never sent." : "You closed the connection, and the server agreed.", false);
  }
  const status = code - CLOSE.EXIT;
  const signal = code - CLOSE.SIGNAL;
  if (code === CLOSE.NORMAL && reason === "exit 0") {
    return explanation("The program ended as it should, with exit status 0.", false);
  }
  if (code === CLOSE.NORMAL && reason !== "") {
    return explanation(\`The connection ended as it should: \${reason}.\`, false);
  }
  if (status >= 1 && status <= 255) {
    return explanation(reason === \`exit \${status}\` ? \`The program exited with status \${status}.\` : \`The program exited with status \${status}, if this is websocketd: codes from 4000 are an application's own.\`, true, status === 127 ? [
      "A shell exits with 127 when it does not find a command."
    ] : status === 126 ? [
      "A shell exits with 126 when it may not run a command."
    ] : [
      "What the program wrote to stderr is in the server's log."
    ]);
  }
  if (signal >= 1 && signal <= 64) {
    const [, name] = /^signal (SIG[A-Z0-9]+)$/.exec(reason) ?? [];
    return explanation(\`The program was killed by signal \${signal}\${name === void 0 ? ", if this is websocketd" : \` (\${name})\`}.\`, true);
  }
  const [words, ...advice2] = MEANINGS[code] ?? [
    code >= 4e3 ? "A code of the application's own." : code >= 3e3 ? "A code of a library or a framework." : "A code that has no meaning yet."
  ];
  return explanation(words, !CALM.has(code), advice2);
}
function lost() {
  return explanation("The connection was lost: it ended without a word of farewell (a close frame). 1006 stands for that and is never sent.", true, [
    "The server was killed, or the network went away.",
    "Something in between gave up on a connection that was silent: many proxies do after 60 s. --pingms keeps it busy.",
    "The server's log says how it saw the end."
  ]);
}
function notConnected({ url, origin }) {
  const { protocol, host, hostname } = new URL(url);
  const secure = protocol === "wss:";
  const http = url.replace(/^ws/, "http");
  const advice2 = [
    "Is the server running, at this address and port?"
  ];
  if (origin.replace(/^https?:\\/\\//, "") !== host) {
    advice2.push(\`This page comes from \${origin}, and a server admits only its own pages: start it with --origin=\${origin}\`, \`Open \${http} in a tab of its own: what it answers there may say why.\`);
  }
  if (secure) {
    advice2.push(\`A certificate that this browser does not know cannot be accepted here: open \${http} once and accept it there.\`);
  }
  advice2.push(\`It may have refused: 401 (--auth), 403 for the origin (--origin) or for the host name (--host=\${hostname}), 404 (no program at this path), 429 (no free slot: --maxforks, --maxperip), 503 (it is stopping).\`, "The server's log has a line for each refusal, and a terminal shows its answer:");
  const headers = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: d2Vic29ja2V0ZC1jb25zbw==",
    \`Origin: \${origin}\`
  ];
  return {
    words: "There was no connection: the server refused it, or was not reached. Browsers do not tell a page which.",
    advice: advice2,
    command: \`curl -i --http1.1 -m 3 \${headers.map((header) => \`-H \${shellQuote(header)}\`).join(" ")} \${shellQuote(http)}\`,
    isFailure: true
  };
}
function explanation(words, isFailure, advice2 = []) {
  return {
    words,
    isFailure,
    advice: advice2,
    command: ""
  };
}
function shellQuote(text2) {
  return \`'\${text2.replaceAll("'", \`'\\\\''\`)}'\`;
}

var FIRST_MS = 500;
var LONGEST_MS = 3e4;
var Backoff = class {
  #random;
  #attempts = 0;
  /** @param random A number from 0 up to 1. @default {Math.random} */
  constructor(random = Math.random) {
    this.#random = random;
  }
  /** The next wait, in milliseconds. */
  next() {
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#attempts++);
    return this.#random() * most;
  }
  /** Begins anew: the last connection was a good one. */
  reset() {
    this.#attempts = 0;
  }
};

var LASTED_MS = 5e3;
var Retries = class {
  #backoff = new Backoff();
  #count = 0;
  #timer = null;
  /** Tries since the last connection that lasted. */
  get count() {
    return this.#count;
  }
  /** Whether a try is about to come. */
  get isWaiting() {
    return this.#timer !== null;
  }
  /**
   * Waits for the next try.
   *
   * @param lastedMs How long the connection was open that was lost.
   * @returns The time until then, in milliseconds.
   */
  wait(connect, lastedMs) {
    if (lastedMs > LASTED_MS) this.reset();
    this.#count++;
    const ms = this.#backoff.next();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      connect();
    }, ms);
    return ms;
  }
  /** Begins anew: somebody has connected by hand. */
  reset() {
    this.#count = 0;
    this.#backoff.reset();
  }
  /** Tries no more. */
  stop() {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
};

var EVENTS = [
  "open",
  "message",
  "error",
  "close"
];
var Connection = class {
  /** Whether to connect again when the connection was lost. */
  reconnects = false;
  sent = {
    messages: 0,
    bytes: 0
  };
  received = {
    messages: 0,
    bytes: 0
  };
  /** What the last end meant, in words; empty while there was none. */
  outcome = "";
  /** Whether the last end was a failure. */
  hasFailed = false;
  #reader;
  #socket = null;
  #binaryType = "blob";
  #target = [
    "",
    []
  ];
  /** What to connect to as soon as this connection is closed. */
  #next = null;
  #openedAt = null;
  #closedWith = null;
  #retries = new Retries();
  constructor(reader2) {
    this.#reader = reader2;
  }
  /** Null as long as there is no \`WebSocket\`. */
  get readyState() {
    return this.#socket === null ? null : this.#socket.readyState;
  }
  /** The address as the browser understood it; empty as long as there is no \`WebSocket\`. */
  get url() {
    return this.#socket?.url ?? "";
  }
  get protocol() {
    return this.#socket?.protocol ?? "";
  }
  get extensions() {
    return this.#socket?.extensions ?? "";
  }
  get bufferedAmount() {
    return this.#socket?.bufferedAmount ?? 0;
  }
  /** Whether there is a \`WebSocket\` that is not closed. */
  get isLive() {
    return this.#socket !== null && this.#socket.readyState !== WebSocket.CLOSED;
  }
  /** Whether a try to connect again is about to come. */
  get isWaiting() {
    return this.#retries.isWaiting;
  }
  get binaryType() {
    return this.#binaryType;
  }
  set binaryType(type) {
    this.#binaryType = type;
    if (this.#socket !== null) this.#socket.binaryType = type;
  }
  /** Opens a new \`WebSocket\`. If there is one it is closed first, and the new one waits for that. */
  open(url, protocols) {
    this.#retries.stop();
    this.#retries.reset();
    if (this.isLive) {
      this.close();
      this.#next = [
        url,
        protocols
      ];
    } else this.#connect(url, protocols);
  }
  /** Sends a message. False if it was not even tried, or could not be. */
  send(data) {
    const socket = this.#socket;
    if (socket === null) return false;
    try {
      socket.send(data);
    } catch (error) {
      this.#failed("send", error);
      return false;
    }
    const bytes = bytesOf(data);
    const isLate = socket.readyState > WebSocket.OPEN;
    if (!isLate) {
      this.sent.messages++;
      this.sent.bytes += bytes;
    }
    this.#tell("send", {
      direction: "sent",
      data,
      bytes,
      ...isLate && {
        words: "It was thrown away: a WebSocket that is closing or closed sends nothing, and does not complain.",
        isFailure: true
      }
    });
    this.#reader.changed();
    return !isLate;
  }
  /**
   * Closes the connection, or ends waiting for another try.
   *
   * @param code None if it is left out, and then the reason does not count either.
   */
  close(code, reason = "") {
    this.#next = null;
    if (this.isWaiting) {
      this.#retries.stop();
      this.outcome = "You stopped it from connecting again.";
    }
    if (this.isLive) {
      try {
        if (code === void 0) this.#socket.close();
        else this.#socket.close(code, reason);
        this.#closedWith ??= code ?? 1005;
        this.#tell("close", {
          facts: code === void 0 ? [
            [
              "code",
              "none"
            ]
          ] : [
            [
              "code",
              String(code)
            ],
            [
              "reason",
              JSON.stringify(reason)
            ]
          ]
        });
      } catch (error) {
        this.#failed("close", error);
      }
    }
    this.#reader.changed();
  }
  #connect(url, protocols) {
    this.#socket = null;
    this.#target = [
      url,
      protocols
    ];
    this.#openedAt = this.#closedWith = null;
    this.outcome = "";
    this.hasFailed = false;
    this.sent = {
      messages: 0,
      bytes: 0
    };
    this.received = {
      messages: 0,
      bytes: 0
    };
    let socket;
    try {
      socket = new WebSocket(url, [
        ...protocols
      ]);
    } catch (error) {
      this.#failed("new WebSocket", error);
      this.outcome = "The browser did not even try: see the exception.";
      this.hasFailed = true;
      this.#reader.changed();
      return;
    }
    this.#socket = socket;
    socket.binaryType = this.#binaryType;
    this.#tell("new WebSocket", {
      facts: [
        [
          "url",
          socket.url
        ],
        ...protocols.length === 0 ? [] : [
          [
            "protocols",
            JSON.stringify(protocols)
          ]
        ]
      ]
    });
    for (const type of EVENTS) {
      socket.addEventListener(type, (event) => this.#on(socket, event));
    }
    this.#reader.changed();
  }
  #on(socket, event) {
    if (event instanceof MessageEvent) return this.#onMessage(event.data);
    if (event instanceof CloseEvent) return this.#onClose(socket, event);
    if (event.type === "open") {
      this.#openedAt = performance.now();
      this.#tell("onopen", {
        facts: [
          [
            "protocol",
            JSON.stringify(socket.protocol)
          ],
          [
            "extensions",
            JSON.stringify(socket.extensions)
          ]
        ]
      });
    } else {
      this.#tell("onerror", {
        words: "The event says no more than that; the close event that follows has a code.",
        isFailure: true
      });
    }
    this.#reader.changed();
  }
  #onMessage(data) {
    const bytes = bytesOf(data);
    this.received.messages++;
    this.received.bytes += bytes;
    this.#tell("onmessage", {
      direction: "received",
      data,
      bytes
    });
  }
  #onClose(socket, { code, reason, wasClean }) {
    const { words, advice: advice2, command, isFailure } = explainClose({
      code,
      reason,
      wasOpen: this.#openedAt !== null,
      closedWith: this.#closedWith,
      url: socket.url,
      origin: location.origin
    });
    this.outcome = words;
    this.hasFailed = isFailure;
    this.#tell("onclose", {
      facts: [
        [
          "code",
          String(code)
        ],
        [
          "reason",
          JSON.stringify(reason)
        ],
        [
          "wasClean",
          wasClean ? "true (both sent a close frame)" : "false (no close frame came)"
        ]
      ],
      words,
      advice: advice2,
      command,
      isFailure
    });
    if (this.reconnects && this.#closedWith === null && isPassing(code)) {
      this.#wait();
    }
    this.#reader.changed();
    const next = this.#next;
    this.#next = null;
    if (next !== null) this.#connect(...next);
  }
  #wait() {
    const lastedMs = performance.now() - (this.#openedAt ?? performance.now());
    const ms = this.#retries.wait(() => this.#connect(...this.#target), lastedMs);
    this.outcome += \` Try \${this.#retries.count} to connect again comes in \${(ms / 1e3).toFixed(1)} s.\`;
  }
  #failed(call, error) {
    const { name, message } = error;
    this.#tell("exception", {
      facts: [
        [
          "in",
          call
        ]
      ],
      words: \`\${name}: \${message}\`,
      isFailure: true
    });
  }
  #tell(name, what) {
    this.#reader.happened({
      time: performance.timeOrigin + performance.now(),
      direction: "event",
      name,
      data: null,
      bytes: 0,
      ...what
    });
  }
};

function createFilter(kind, text2) {
  const wanted = text2.toLowerCase();
  return (entry) => isOfKind(entry, kind) && (wanted === "" || wordsOf(entry).toLowerCase().includes(wanted));
}
function isOfKind({ direction }, kind) {
  if (kind === "all") return true;
  return kind === "messages" ? direction !== "event" : direction === kind;
}
function wordsOf(entry) {
  const { data } = entry;
  if (data instanceof File) return \`\${entry.name} \${data.name}\`;
  if (data instanceof ArrayBuffer) {
    return \`\${entry.name} arraybuffer \${new TextDecoder().decode(data)}\`;
  }
  if (data instanceof Blob) return \`\${entry.name} blob\`;
  return \`\${entry.name} \${textOf(entry)}\`;
}

var Deque = class {
  #items = [];
  /** Place of the oldest item in \`#items\`; what is before it has been taken. */
  #head = 0;
  #taken = 0;
  /** Number of the oldest item. */
  get first() {
    return this.#taken;
  }
  /** Number that the next item gets. */
  get end() {
    return this.#taken + this.#items.length - this.#head;
  }
  /** Adds an item at the end. */
  push(item) {
    this.#items.push(item);
  }
  /** Takes the oldest item away. */
  shift() {
    if (this.first === this.end) return void 0;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = void 0;
    this.#taken++;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
  /** The item of a number that is not below \`first\` and below \`end\`. */
  at(number2) {
    return this.#items[number2 - this.#taken + this.#head];
  }
  /** The items from one number up to another. */
  slice(from, to) {
    const start = this.#head - this.#taken;
    return this.#items.slice(from + start, to + start);
  }
  /** All items, the oldest first. */
  *[Symbol.iterator]() {
    for (let at = this.first; at < this.end; at++) yield this.at(at);
  }
};

async function bytesOfData(data, limit = Infinity) {
  const end = Math.min(limit, data instanceof Blob ? data.size : data.byteLength);
  const part2 = data instanceof Blob ? await data.slice(0, end).arrayBuffer() : data.slice(0, end);
  return new Uint8Array(part2);
}

var FOLDED = {
  characters: 2e3,
  lines: 24,
  bytes: 256
};
var UNFOLDED = {
  characters: 2e5,
  lines: 5e3,
  bytes: 16384
};
var ARROWS = {
  sent: "\\u2191",
  received: "\\u2193",
  event: "\\xB7"
};
function createRow(entry, bytesPerRow) {
  const row = document.createElement("li");
  row.className = entry.isFailure ? \`row \${entry.direction} failure\` : \`row \${entry.direction}\`;
  const time = create("time", "time", clock(entry.time));
  const arrow = create("span", "arrow", ARROWS[entry.direction]);
  arrow.ariaHidden = "true";
  const name = create("span", "name", entry.name);
  const bytes = create("span", "size", entry.data === null ? "" : size(entry.bytes));
  const content = create("div", "content");
  row.append(time, arrow, name, bytes, content);
  fill(content, entry, bytesPerRow);
  return row;
}
function fill(content, entry, bytesPerRow) {
  const { data } = entry;
  if (typeof data === "string") content.append(...text(data, entry));
  else if (data instanceof File) {
    content.append(create("span", "quiet", "file "), create("bdi", "", data.name));
  } else if (data !== null) content.append(...binary(data, entry, bytesPerRow));
  if (entry.facts && entry.facts.length > 0) content.append(facts(entry.facts));
  if (entry.words) content.append(create("p", "words", entry.words));
  if (entry.advice && entry.advice.length > 0) {
    const list = create("ul", "advice");
    list.append(...entry.advice.map(advice));
    content.append(list);
  }
  if (entry.command) content.append(create("pre", "command", entry.command));
}
function advice(line) {
  const item = create("li", "");
  item.append(...line.split(/(--[a-z]+)/).map((piece) => piece.startsWith("--") ? create("code", "", piece) : piece));
  return item;
}
function facts(pairs) {
  const list = create("span", "facts");
  for (const [name, value] of pairs) {
    const pair = create("span", "fact");
    pair.append(create("span", "quiet", \`\${name} \`), create("bdi", "", value));
    list.append(pair, " ");
  }
  return list;
}
function text(data, entry) {
  if (data === "") return [
    create("span", "quiet", "empty")
  ];
  const shown = create("span", "text", cut(data, FOLDED));
  if (shown.textContent === data) return [
    shown
  ];
  return [
    shown,
    more(entry, () => {
      shown.textContent = cut(data, UNFOLDED);
      return shown.textContent === data;
    })
  ];
}
function binary(data, entry, bytesPerRow) {
  const type = create("span", "quiet", data instanceof Blob ? "Blob" : "ArrayBuffer");
  if (entry.bytes === 0) return [
    type,
    create("span", "quiet", " empty")
  ];
  const hex = create("pre", "hex");
  const asText = create("span", "text");
  const label = create("span", "quiet as-text", "as text ");
  const show = async (limit) => {
    try {
      const bytes = await bytesOfData(data, limit);
      hex.textContent = hexDump(bytes, bytesPerRow);
      asText.textContent = new TextDecoder().decode(bytes);
    } catch (error) {
      hex.textContent = \`Cannot be read: \${error.message}\`;
    }
    hex.dispatchEvent(new Event("grown", {
      bubbles: true
    }));
  };
  void show(FOLDED.bytes);
  const parts = [
    type,
    hex,
    label,
    asText
  ];
  if (entry.bytes <= FOLDED.bytes) return parts;
  return [
    ...parts,
    more(entry, () => {
      void show(UNFOLDED.bytes);
      return entry.bytes <= UNFOLDED.bytes;
    })
  ];
}
function more({ data, bytes, name }, unfold) {
  const line = create("span", "more");
  const said = create("span", "quiet", \`\${size(bytes)} in all \`);
  const button = create("button", "small", "Show more");
  const save = create("button", "small", "Save");
  for (const each of [
    button,
    save
  ]) each.type = "button";
  button.addEventListener("click", () => {
    if (unfold()) said.remove();
    else said.textContent = \`cut here; \${size(bytes)} in all \`;
    save.focus();
    button.remove();
  });
  save.addEventListener("click", () => {
    const extension = typeof data === "string" ? "txt" : "bin";
    saveFile(\`\${name}.\${extension}\`, new Blob([
      data
    ]));
  });
  line.append(said, button, " ", save);
  return line;
}
function cut(text2, { characters, lines }) {
  let end = Math.min(text2.length, characters);
  let at = -1;
  for (let line = 0; line < lines; line++) {
    at = text2.indexOf("\\n", at + 1);
    if (at === -1 || at >= end) break;
    if (line === lines - 1) end = at;
  }
  const isHalf = end < text2.length && text2.charCodeAt(end - 1) >>> 10 === 54;
  return text2.slice(0, isHalf ? end - 1 : end);
}
function create(tag, className, text2 = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text2;
  return element;
}

var ROWS = 300;
var BURST = 100;
var SHARE = 4;
var READ_OUT = 3;
var NEAR = 8;
var NARROW = 620;
var LogView = class {
  #list;
  #drawn;
  #entries = new Deque();
  /** The entries that have a row: from, up to. */
  #from = 0;
  #to = 0;
  /** Number of the entry at which the page was held still, or null. */
  #pausedAt = null;
  #follows = true;
  /** Where the list was scrolled to, to stay at the end. */
  #top = 0;
  #isAsked = false;
  /** How long the last drawing took, in milliseconds. */
  #cost = 0;
  /** @param drawn Called after each change of the page. */
  constructor(list, drawn) {
    this.#list = list;
    this.#drawn = drawn;
    list.addEventListener("scroll", () => this.#scrolled());
    list.addEventListener("click", ({ target }) => {
      if (target instanceof HTMLButtonElement) this.#follows = false;
    });
    list.addEventListener("grown", () => this.#stay());
    new ResizeObserver(() => this.#stay()).observe(list);
  }
  get isPaused() {
    return this.#pausedAt !== null;
  }
  /** The entries, the oldest first. */
  get entries() {
    return this.#entries.slice(this.#entries.first, this.#entries.end);
  }
  get length() {
    return this.#entries.end - this.#entries.first;
  }
  /** Shows other entries. */
  replace(entries) {
    this.#entries = new Deque();
    for (const entry of entries) this.#entries.push(entry);
    if (this.isPaused) this.#pausedAt = this.#entries.end;
    this.#showEnd();
  }
  /** Adds an entry at the end; it is drawn in the next frame. */
  add(entry) {
    this.#entries.push(entry);
    this.#ask();
  }
  /** Takes the oldest entry away if it is this one. */
  drop(entry) {
    const { first, end } = this.#entries;
    if (first === end || this.#entries.at(first) !== entry) return;
    this.#entries.shift();
    this.#ask();
  }
  /** Holds the page still, whatever comes. */
  pause() {
    this.#pausedAt ??= this.#entries.end;
    this.#ask();
  }
  /** Goes to the end, and stays there. */
  toEnd() {
    this.#pausedAt = null;
    this.#showEnd();
  }
  /** Shows entries before those on the page. */
  older() {
    this.#follows = false;
    const from = Math.max(this.#entries.first, this.#from - ROWS);
    const known = this.#list.firstElementChild;
    this.#list.prepend(...this.#rows(from, this.#from));
    this.#from = from;
    this.#trimEnd();
    known?.scrollIntoView({
      block: "center"
    });
    this.#tell();
  }
  /** Draws what has come since the last frame. */
  #draw() {
    const fresh = this.#entries.end - this.#to;
    this.#list.ariaLive = fresh <= READ_OUT ? "polite" : "off";
    this.#trimGone();
    if (!this.isPaused && this.#follows) this.#catchUp();
    else if (!this.isPaused) {
      this.#append(Math.min(this.#entries.end, this.#from + 2 * ROWS));
    }
    this.#tell();
    this.#stay();
  }
  #catchUp() {
    const { end } = this.#entries;
    if (end - this.#to >= ROWS) {
      this.#list.replaceChildren();
      this.#from = this.#to = end - BURST;
    }
    this.#append(end);
    this.#trimStart(ROWS);
  }
  #showEnd() {
    this.#follows = true;
    this.#list.replaceChildren();
    this.#to = this.#entries.end;
    this.#from = Math.max(this.#entries.first, this.#to - ROWS);
    this.#list.append(...this.#rows(this.#from, this.#to));
    this.#tell();
    this.#stay();
  }
  #append(to) {
    if (to <= this.#to) return;
    this.#list.append(...this.#rows(this.#to, to));
    this.#to = to;
  }
  #rows(from, to) {
    const perRow = this.#list.clientWidth < NARROW ? 8 : 16;
    return this.#entries.slice(from, to).map((entry) => createRow(entry, perRow));
  }
  /** Removes the rows of entries that have been dropped. */
  #trimGone() {
    const { first } = this.#entries;
    if (this.#to < first) {
      this.#list.replaceChildren();
      this.#from = this.#to = first;
      return;
    }
    this.#trimStart(this.#to - first);
  }
  /** Leaves so many rows at the end. */
  #trimStart(rows) {
    while (this.#to - this.#from > rows) {
      this.#list.firstElementChild?.remove();
      this.#from++;
    }
  }
  #trimEnd() {
    while (this.#to - this.#from > 2 * ROWS) {
      this.#list.lastElementChild?.remove();
      this.#to--;
    }
  }
  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    const isAtEnd = scrollHeight - clientHeight - scrollTop < NEAR;
    if (this.#follows && (isAtEnd || scrollTop >= this.#top)) return;
    if (isAtEnd && !this.isPaused && this.#to < this.#entries.end) {
      this.#append(Math.min(this.#entries.end, this.#to + ROWS));
      this.#trimStart(2 * ROWS);
    }
    this.#follows = isAtEnd && this.#to === this.#entries.end;
    this.#tell();
  }
  /** Keeps the end in view when what is above has grown, or the window has shrunk. */
  #stay() {
    if (!this.#follows) return;
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#top = this.#list.scrollTop;
  }
  #tell() {
    const { first, end } = this.#entries;
    this.#drawn({
      older: this.#from - first,
      newer: end - this.#to,
      meanwhile: end - (this.#pausedAt ?? end),
      follows: this.#follows
    });
  }
  /** Draws soon: in the next frame, later if drawing is slow, so that the page stays free for the user. */
  #ask() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const wait = this.#cost < 4 ? 0 : (SHARE - 1) * this.#cost;
    setTimeout(() => requestAnimationFrame(() => {
      this.#isAsked = false;
      const begin = performance.now();
      this.#draw();
      this.#cost = performance.now() - begin;
    }), wait);
  }
};

var ENTRY_BYTES = 256;
var Transcript = class {
  /** Entries that had to make room. */
  dropped = 0;
  /** Bytes it may take. */
  limit;
  #reader;
  #entries = new Deque();
  #cost = 0;
  /** @param limit Bytes it may take; text takes two for each character. The newest entry is kept however long it is. @default {64 MiB} */
  constructor(reader2, limit = 1 << 26) {
    this.#reader = reader2;
    this.limit = limit;
  }
  /** Entries that are kept. */
  get length() {
    return this.#entries.end - this.#entries.first;
  }
  add(entry) {
    this.#entries.push(entry);
    this.#cost += costOf(entry);
    this.#reader.added(entry);
    while (this.#cost > this.limit && this.length > 1) {
      const oldest = this.#entries.shift();
      this.#cost -= costOf(oldest);
      this.dropped++;
      this.#reader.dropped(oldest);
    }
  }
  clear() {
    this.#entries = new Deque();
    this.#cost = 0;
    this.dropped = 0;
    this.#reader.cleared();
  }
  [Symbol.iterator]() {
    return this.#entries[Symbol.iterator]();
  }
};
function costOf({ data }) {
  if (data === null) return ENTRY_BYTES;
  if (typeof data === "string") return ENTRY_BYTES + 2 * data.length;
  if (data instanceof File) return ENTRY_BYTES;
  return ENTRY_BYTES + (data instanceof Blob ? data.size : data.byteLength);
}

var ARROWS2 = {
  sent: "->",
  received: "<-",
  event: "--"
};
var SHOWN = 1024;
async function transcriptText(entries) {
  let text2 = "";
  for (const entry of entries) {
    const content = await contentOf(entry);
    text2 += \`\${clock(entry.time)} \${ARROWS2[entry.direction]} \${entry.name}\${content === "" ? "" : \` \${content.replaceAll("\\n", "\\n    ")}\`}
\`;
  }
  return text2;
}
async function transcriptJson(entries) {
  const objects = [];
  for (const entry of entries) {
    const { time, name, direction, bytes, facts: facts2, words } = entry;
    objects.push(JSON.stringify({
      time: new Date(time).toISOString(),
      name,
      direction,
      ...entry.data !== null && {
        bytes,
        ...await jsonOf(entry.data)
      },
      ...facts2 && {
        details: Object.fromEntries(facts2)
      },
      ...words && {
        meaning: words
      }
    }));
  }
  return \`[
\${objects.join(",\\n")}
]
\`;
}
async function contentOf(entry) {
  const { data, bytes } = entry;
  if (data === null || typeof data === "string") return textOf(entry);
  if (data instanceof File) return \`[file \${data.name}, \${bytes} bytes]\`;
  const shown = digitsOf(await bytesOfData(data, SHOWN));
  return \`[\${bytes} bytes] \${shown}\${bytes > SHOWN ? " \\u2026" : ""}\`;
}
async function jsonOf(data) {
  if (typeof data === "string") return {
    type: "text",
    data
  };
  if (data instanceof File) return {
    type: "file",
    file: data.name
  };
  return {
    type: data instanceof Blob ? "blob" : "arraybuffer",
    base64: base64(await bytesOfData(data))
  };
}
function base64(bytes) {
  let binary2 = "";
  for (let at = 0; at < bytes.length; at += 32768) {
    binary2 += String.fromCharCode(...bytes.subarray(at, at + 32768));
  }
  return btoa(binary2);
}

var TYPING_MS = 120;
var LogPanel = class {
  #transcript = new Transcript(this);
  #view;
  #pane;
  #drawn;
  #filter;
  #kind;
  #pause;
  #older;
  #latest;
  #note;
  #matches = () => true;
  #typing = 0;
  /** @param drawn Called after each change of the page, at most once for each frame while messages come. */
  constructor(pane, drawn) {
    this.#pane = pane;
    this.#drawn = drawn;
    this.#filter = part(pane, "filter", HTMLInputElement);
    this.#kind = part(pane, "kind", HTMLSelectElement);
    this.#pause = part(pane, "pause", HTMLButtonElement);
    this.#older = part(pane, "older", HTMLButtonElement);
    this.#latest = part(pane, "latest", HTMLButtonElement);
    this.#note = part(pane, "note", HTMLElement);
    this.#view = new LogView(part(pane, "log", HTMLOListElement), (folded) => this.#show(folded));
    this.#view.replace([]);
    this.#filter.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#applyFilter(), TYPING_MS);
    });
    this.#kind.addEventListener("change", () => this.#applyFilter());
    this.#older.addEventListener("click", () => this.#view.older());
    this.#latest.addEventListener("click", () => this.#view.toEnd());
    this.#on("pause", () => this.togglePause());
    this.#on("clear", () => this.clear());
    this.#on("copy", () => this.#copy());
    this.#on("save-text", () => this.save("text"));
    this.#on("save-json", () => this.save("json"));
  }
  /** Adds what happened. */
  add(entry) {
    this.#transcript.add(entry);
  }
  added(entry) {
    if (this.#matches(entry)) this.#view.add(entry);
  }
  dropped(entry) {
    this.#view.drop(entry);
  }
  cleared() {
    this.#view.replace([]);
  }
  /** Holds the log still, or lets it go on with all that came meanwhile. */
  togglePause() {
    if (this.#view.isPaused) this.#view.toEnd();
    else this.#view.pause();
  }
  clear() {
    this.#transcript.clear();
  }
  /** Saves the entries that the filter lets through. */
  async save(form) {
    const { entries } = this.#view;
    const [text2, type, extension] = form === "text" ? [
      await transcriptText(entries),
      "text/plain",
      "txt"
    ] : [
      await transcriptJson(entries),
      "application/json",
      "json"
    ];
    const time = (/* @__PURE__ */ new Date()).toISOString().slice(0, 19).replaceAll(":", "-");
    saveFile(\`websocket-\${time}.\${extension}\`, new Blob([
      text2
    ], {
      type
    }));
  }
  focusFilter() {
    this.#filter.focus();
    this.#filter.select();
  }
  async #copy() {
    const { entries } = this.#view;
    const copied = await copyText(await transcriptText(entries));
    const button = part(this.#pane, "copy", HTMLButtonElement);
    button.textContent = copied ? "Copied" : "Not allowed";
    setTimeout(() => button.textContent = "Copy", 1500);
  }
  #applyFilter() {
    this.#matches = createFilter(this.#kind.value, this.#filter.value);
    this.#view.replace([
      ...this.#transcript
    ].filter(this.#matches));
  }
  #show({ older, newer, meanwhile, follows }) {
    const { isPaused } = this.#view;
    this.#pause.textContent = isPaused ? \`Resume \\xB7 \${count(meanwhile)} new\` : "Pause";
    this.#pause.ariaPressed = String(isPaused);
    this.#older.hidden = older === 0;
    this.#older.textContent = \`\${countOf(older, "earlier entry", "earlier entries")} folded away \\xB7 show more\`;
    this.#latest.hidden = isPaused || follows;
    this.#latest.textContent = newer === 0 ? "Stay at the end" : \`\${countOf(newer, "newer entry", "newer entries")} \\xB7 go to the end\`;
    this.#note.textContent = this.#noteText();
    this.#drawn();
  }
  #noteText() {
    const { dropped, limit, length } = this.#transcript;
    if (dropped > 0) {
      return \`The oldest \${countOf(dropped, "entry", "entries")} made room: the transcript is bound to \${size(limit)}.\`;
    }
    if (length === 0) {
      return "Everything that happens is listed here as it happens: onopen, onmessage, onerror and onclose, and what you send.";
    }
    return this.#view.length === 0 ? \`Nothing of \${countOf(length, "entry", "entries")} matches the filter.\` : "";
  }
  #on(name, listener) {
    part(this.#pane, name, HTMLButtonElement).addEventListener("click", () => void listener());
  }
};

var READY_STATES = [
  "CONNECTING",
  "OPEN",
  "CLOSING",
  "CLOSED"
];

var SENTENCES = [
  "The handshake is on its way: an HTTP request that asks for a WebSocket.",
  "Connected. Messages go both ways.",
  "Goodbye was said; the answer is on its way."
];
var StatePanel = class {
  #pane;
  #connection;
  #outcome;
  #button;
  #steps;
  constructor(pane, connection) {
    this.#pane = pane;
    this.#connection = connection;
    this.#outcome = part(pane, "outcome", HTMLElement);
    this.#button = part(pane, "connect", HTMLButtonElement);
    this.#steps = [
      ...part(pane, "track", HTMLElement).children
    ].filter((step) => step instanceof HTMLElement);
  }
  /** Shows the state as it is now. */
  show() {
    const { isLive, readyState, outcome, hasFailed, isWaiting, url, protocol, extensions } = this.#connection;
    for (const [state, step] of this.#steps.entries()) {
      step.ariaCurrent = state === readyState ? "step" : null;
    }
    this.#pane.dataset.state = hasFailed ? "failed" : String(readyState ?? "none");
    this.#set("ready-state", readyState === null ? "no WebSocket yet" : \`\${readyState} \${READY_STATES[readyState]}\`);
    this.#set("socket-url", url || "\\u2013");
    this.#set("protocol", JSON.stringify(protocol));
    this.#set("extensions", JSON.stringify(extensions));
    const sentence = readyState === null || readyState === WebSocket.CLOSED ? outcome || "Not connected. The program starts when you connect." : SENTENCES[readyState];
    if (this.#outcome.textContent !== sentence) {
      this.#outcome.textContent = sentence;
    }
    this.#button.textContent = isWaiting ? "Stop" : readyState === WebSocket.CONNECTING ? "Cancel" : isLive ? "Disconnect" : "Connect";
    this.#button.classList.toggle("primary", !isLive && !isWaiting);
    this.#button.disabled = readyState === WebSocket.CLOSING;
    this.count();
  }
  /** Shows how much has gone over the connection. */
  count() {
    this.#set("sent", inWords(this.#connection.sent));
    this.#set("received", inWords(this.#connection.received));
  }
  #set(name, text2) {
    part(this.#pane, name, HTMLElement).textContent = text2;
  }
};
function inWords({ messages, bytes }) {
  return \`\${countOf(messages, "message")}, \${size(bytes)}\`;
}

var Pane = class {
  element;
  log;
  #reader;
  #connection = new Connection(this);
  #url;
  #protocols;
  #composer;
  #state;
  #meter;
  #code;
  /** @param element The pane's part of the page, new. */
  constructor(element, reader2) {
    this.element = element;
    this.#reader = reader2;
    this.#url = part(element, "url", HTMLInputElement);
    this.#protocols = part(element, "protocols", HTMLInputElement);
    this.#state = new StatePanel(element, this.#connection);
    this.#meter = new BufferMeter(element, this.#connection);
    this.#code = new CodePanel(element);
    this.log = new LogPanel(element, () => this.#state.count());
    this.#composer = new Composer(element, (data) => this.#send(data));
    this.#listen();
    this.#state.show();
  }
  /** The address in the box. */
  get url() {
    return this.#url.value;
  }
  set url(url) {
    this.#url.value = url;
    this.#offer();
  }
  /** The subprotocols in the box. */
  get protocols() {
    return this.#protocols.value;
  }
  set protocols(protocols) {
    this.#protocols.value = protocols;
    this.#offer();
  }
  get readyState() {
    return this.#connection.readyState;
  }
  /** Whether the last end was a failure. */
  get hasFailed() {
    return this.#connection.hasFailed;
  }
  happened(entry) {
    this.log.add(entry);
  }
  changed() {
    this.#state.show();
    this.#meter.look();
    this.#reader.changed(this);
  }
  /** Connects, or ends the connection or the wait for one, as the button says. */
  toggle() {
    const { isLive, isWaiting } = this.#connection;
    if (isLive || isWaiting) this.#close();
    else this.#open();
  }
  /** Ends the connection for good. */
  end() {
    this.#connection.reconnects = false;
    this.#connection.close();
  }
  focusUrl() {
    this.#url.focus();
    this.#url.select();
  }
  focusMessage() {
    this.#composer.focus();
  }
  #listen() {
    const { element } = this;
    part(element, "opening", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.toggle();
    });
    part(element, "closing", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#close();
    });
    part(element, "remove", HTMLButtonElement).addEventListener("click", () => this.#reader.removed(this));
    this.#url.addEventListener("input", () => this.#offer());
    for (const box of [
      this.#url,
      this.#protocols
    ]) {
      box.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.isComposing) return;
        event.preventDefault();
        this.#open();
      });
    }
    this.#protocols.addEventListener("input", () => this.#offer());
    const reconnects = part(element, "reconnects", HTMLInputElement);
    reconnects.addEventListener("change", () => {
      this.#connection.reconnects = reconnects.checked;
      if (this.#connection.isWaiting) this.#connection.close();
    });
    const binaryType = part(element, "binary-type", HTMLSelectElement);
    binaryType.addEventListener("change", () => {
      this.#connection.binaryType = binaryType.value;
      if (this.#connection.isLive) {
        this.#code.binaryTypeSet(this.#connection.binaryType);
      } else this.#offer();
    });
    const inspect = part(element, "inspect", HTMLButtonElement);
    inspect.addEventListener("click", () => {
      const shown = element.classList.toggle("inspected");
      inspect.ariaExpanded = String(shown);
    });
  }
  /** Shows the code for what is in the boxes, as long as there is no connection. */
  #offer() {
    if (!this.#connection.isLive) {
      this.#code.opens(this.url, this.#offered(), this.#connection);
    }
    this.#reader.changed(this);
  }
  /** Connects to what is in the boxes, in place of the connection there may be. */
  #open() {
    this.#reader.connecting(this);
    this.#code.opens(this.url, this.#offered(), this.#connection);
    this.#connection.open(this.url, this.#offered());
  }
  #close() {
    const code = part(this.element, "close-code", HTMLInputElement).value;
    const reason = part(this.element, "close-reason", HTMLInputElement).value;
    const number2 = code !== "" ? Number(code) : reason !== "" ? 1e3 : void 0;
    if (this.#connection.isLive) this.#code.closed(number2, reason);
    this.#connection.close(number2, reason);
  }
  #send(data) {
    if (!this.#connection.isLive) {
      part(this.element, "problem", HTMLElement).textContent = "There is no connection to send it on: connect first";
      return false;
    }
    const sent = this.#connection.send(data);
    if (sent) this.#code.sent(data);
    this.#meter.look();
    return sent;
  }
  #offered() {
    return this.#protocols.value.split(",").map((name) => name.trim()).filter((name) => name !== "");
  }
};

var NAME2 = "websocketd.shortcuts";
function startShortcuts(actions, leave) {
  const dialog = part(document, "shortcuts", HTMLDialogElement);
  const enabled = part(document, "shortcuts-on", HTMLInputElement);
  enabled.checked = remembered(NAME2) !== "off";
  enabled.addEventListener("change", () => {
    remember(NAME2, enabled.checked ? "on" : "off");
  });
  part(document, "help", HTMLButtonElement).addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog) dialog.close();
  });
  const all = {
    ...actions,
    "?": () => dialog.showModal()
  };
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (isField(target)) {
      if (key === "Escape") leave();
      return;
    }
    if (!enabled.checked || !Object.hasOwn(all, key)) return;
    event.preventDefault();
    all[key]();
  });
}
function isField(target) {
  if (target instanceof HTMLInputElement) {
    return target.type !== "checkbox" && target.type !== "radio";
  }
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

var COLORS = {
  none: "#7b8494",
  0: "#d29922",
  1: "#2da44e",
  2: "#d29922",
  3: "#7b8494",
  failed: "#e5484d"
};
function showInTab(pane, panes2) {
  const { readyState, hasFailed, url } = pane;
  const state = readyState === null ? "" : \`\${READY_STATES[readyState]} \\xB7 \`;
  const open = panes2.filter((each) => each.readyState === WebSocket.OPEN).length;
  const summary = panes2.length === 1 ? "" : \` \\xB7 \${count(open)} of \${count(panes2.length)} open\`;
  const title = \`\${state}\${url.replace(/^wss?:\\/\\//, "")}\${summary} \\xB7 websocketd\`;
  if (document.title !== title) document.title = title;
  const color = COLORS[hasFailed ? "failed" : String(readyState ?? "none")];
  const icon = document.querySelector('link[rel="icon"]');
  const href = iconOf(color);
  if (icon.getAttribute("href") !== href) icon.href = href;
}
function iconOf(color) {
  const svg = \`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#1d2330"/><path d="M3.5 6h6.7L8 3.8M12.5 10H5.8L8 12.2" fill="none" stroke="#fff" stroke-width="1.4"/><circle cx="12.5" cy="3.5" r="3.2" fill="\${color}"/></svg>\`;
  return \`data:image/svg+xml,\${encodeURIComponent(svg)}\`;
}

var NAME3 = "websocketd.theme";
var THEMES = [
  "auto",
  "light",
  "dark"
];
function startTheme() {
  const button = part(document, "theme", HTMLButtonElement);
  let at = Math.max(0, THEMES.findIndex((theme) => theme === remembered(NAME3)));
  const apply = () => {
    const theme = THEMES[at];
    document.documentElement.dataset.theme = theme;
    button.ariaLabel = button.title = \`Theme: \${theme}\`;
  };
  button.addEventListener("click", () => {
    at = (at + 1) % THEMES.length;
    remember(NAME3, THEMES[at]);
    apply();
  });
  apply();
}

var EVERY_PATH = document.documentElement.dataset.everyPath === "true";
var container = part(document, "panes", HTMLElement);
var template = part(document, "pane", HTMLTemplateElement);
var panes = [];
var current;
var reader = {
  connecting(pane) {
    if (pane === panes[0]) rememberUrl(pane.url);
  },
  changed() {
    if (current !== void 0) showInTab(current, panes);
  },
  removed: removePane
};
function addPane(url, protocols) {
  const fragment = document.importNode(template.content, true);
  const pane = new Pane(part(fragment, "root", HTMLElement), reader);
  panes.push(pane);
  container.append(fragment);
  pane.url = url;
  pane.protocols = protocols;
  pane.element.addEventListener("focusin", () => makeCurrent(pane));
  number();
  return pane;
}
function removePane(pane) {
  if (panes.length === 1) return;
  pane.end();
  const at = panes.indexOf(pane);
  panes.splice(at, 1);
  pane.element.remove();
  number();
  const next = panes[Math.min(at, panes.length - 1)];
  makeCurrent(next);
  next.focusUrl();
}
function number() {
  container.dataset.panes = String(panes.length);
  for (const [at, { element }] of panes.entries()) {
    element.ariaLabel = \`Connection \${at + 1}\`;
    part(element, "number", HTMLElement).textContent = String(at + 1);
    part(element, "remove", HTMLButtonElement).hidden = panes.length === 1;
  }
}
function makeCurrent(pane) {
  current = pane;
  for (const { element } of panes) {
    element.classList.toggle("current", element === pane.element);
  }
  showInTab(pane, panes);
}
function addConnection() {
  const pane = addPane(current.url, current.protocols);
  makeCurrent(pane);
  pane.focusUrl();
  pane.element.scrollIntoView({
    block: "nearest"
  });
}
function focusPane(at) {
  panes[at]?.focusMessage();
}
function rememberUrl(connection) {
  const url = pageUrl(connection, location, EVERY_PATH);
  if (url === null || url === location.origin + location.pathname + location.search) {
    return;
  }
  history.pushState(null, "", url);
}
startTheme();
makeCurrent(addPane(connectionUrl(location, EVERY_PATH), ""));
if (matchMedia("(pointer: fine)").matches) current.focusUrl();
addEventListener("popstate", () => {
  panes[0].url = connectionUrl(location, EVERY_PATH);
});
for (const type of [
  "dragover",
  "drop"
]) {
  addEventListener(type, (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
}
part(document, "add", HTMLButtonElement).addEventListener("click", addConnection);
startShortcuts({
  c: () => current.toggle(),
  u: () => current.focusUrl(),
  m: () => current.focusMessage(),
  f: () => current.log.focusFilter(),
  "/": () => current.log.focusFilter(),
  p: () => current.log.togglePause(),
  x: () => current.log.clear(),
  s: () => void current.log.save("text"),
  j: () => void current.log.save("json"),
  i: () => part(current.element, "inspect", HTMLButtonElement).click(),
  n: addConnection,
  r: () => removePane(current),
  t: () => part(document, "theme", HTMLButtonElement).click(),
  ...Object.fromEntries([
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9
  ].map((at) => [
    String(at),
    () => focusPane(at - 1)
  ]))
}, () => current.element.focus());
`;
