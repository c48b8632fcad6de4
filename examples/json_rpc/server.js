#!/usr/bin/env node
/**
 * A JSON-RPC 2.0 server on stdin and stdout, a message a line.
 *
 *   deno run -A main.ts --port=8080 --staticdir=./examples/json_rpc/page node ./examples/json_rpc/server.js
 */
const { createInterface } = require("node:readline");
const { setTimeout: sleep } = require("node:timers/promises");

class RpcError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const INVALID_PARAMS = new RpcError(-32602, "Invalid params");

const methods = {
  __proto__: null,

  add(params) {
    if (!Array.isArray(params)) throw INVALID_PARAMS;
    return number(params.map(number).reduce((sum, value) => sum + value, 0));
  },

  divide(params) {
    if (!Array.isArray(params) || params.length !== 2) throw INVALID_PARAMS;
    const [a, b] = params.map(number);
    if (b === 0) throw new RpcError(1, "Division by zero");
    return number(a / b);
  },

  async wait(params) {
    await sleep(1000 * seconds(params, "seconds"));
    return "done";
  },

  watch(params) {
    const every = seconds(params, "every");
    clearInterval(ticking);
    let count = 0;
    ticking = setInterval(() => {
      send({ method: "tick", params: { count: ++count } });
    }, 1000 * every);
    return "watching";
  },
};
let ticking;

function number(value) {
  // JSON has no infinity.
  if (!Number.isFinite(value)) throw INVALID_PARAMS;
  return value;
}

function seconds(params, name) {
  const value = number(params[name]);
  if (!(value >= 0.01 && value <= 60)) throw INVALID_PARAMS;
  return value;
}

/** The answer to a request, or null to a notification. */
async function answer(request) {
  if (!isRequest(request)) {
    return { error: { code: -32600, message: "Invalid Request" }, id: null };
  }
  const { method, params = [], id } = request;
  let outcome;
  try {
    if (!(method in methods)) throw new RpcError(-32601, "Method not found");
    outcome = { result: await methods[method](params) };
  } catch (error) {
    const { code, message } = error instanceof RpcError
      ? error
      : internal(error);
    outcome = { error: { code, message } };
  }
  return "id" in request ? { ...outcome, id } : null;
}

/** For whoever runs the server: the client learns nothing of what is inside. */
function internal(error) {
  console.error(error);
  return new RpcError(-32603, "Internal error");
}

function isRequest(value) {
  return typeof value === "object" && value !== null &&
    value.jsonrpc === "2.0" &&
    typeof value.method === "string" &&
    typeof (value.params ?? []) === "object" && value.params !== null &&
    (value.id === null || /^(number|string|undefined)$/.test(typeof value.id));
}

function send(message) {
  console.log(JSON.stringify({ jsonrpc: "2.0", ...message }));
}

async function handle(line) {
  let message;
  try {
    message = JSON.parse(line);
  } catch {
    send({ error: { code: -32700, message: "Parse error" }, id: null });
    return;
  }
  if (Array.isArray(message) && message.length > 0) {
    const answers = await Promise.all(message.map(answer));
    // Of a batch, the answers are a batch.
    const batch = answers.filter((one) => one !== null)
      .map((one) => ({ jsonrpc: "2.0", ...one }));
    if (batch.length > 0) console.log(JSON.stringify(batch));
    return;
  }
  const one = await answer(message);
  if (one !== null) send(one);
}

createInterface({ input: process.stdin })
  .on("line", handle)
  // The client has left: nobody waits for what is still under way.
  .on("close", () => process.exit());
