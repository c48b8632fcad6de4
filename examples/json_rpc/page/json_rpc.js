/** A JSON-RPC 2.0 client on a WebSocket. */
export class JsonRpc extends EventTarget {
  #socket;
  #lastId = 0;
  /* By id: what settles the promise of a call. */
  #calls = new Map();

  constructor(socket) {
    super();
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(data));
    socket.addEventListener("close", ({ code, reason }) => {
      const error = new Error(`The connection has ended: ${code} ${reason}`);
      for (const { reject } of this.#calls.values()) reject(error);
      this.#calls.clear();
    });
  }

  /** Calls a method. Rejects with an `Error` that has the server's `code`. */
  call(method, params) {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", method, params, id }));
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
    });
  }

  /** Tells the server something, and expects no answer. */
  notify(method, params) {
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  #take(data) {
    const { id, result, error, method, params } = JSON.parse(data);
    if (method !== undefined) {
      // A notification of the server is an event of this object.
      this.dispatchEvent(new CustomEvent(method, { detail: params }));
      return;
    }
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error === undefined) call?.resolve(result);
    else {
      call?.reject(Object.assign(new Error(error.message), error));
    }
  }
}
