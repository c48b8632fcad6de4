import type { State } from "./client_event.ts";
import type { Exit } from "./exit.ts";

/** What goes over a WebSocket: text, or bytes. */
export type Message = string | Uint8Array<ArrayBuffer>;

/**
 * A program behind a WebSocket, as `connect` gives it.
 *
 * Its messages are iterated. That ends when the program has ended or cannot be
 * reached any more, and never throws: `exit` says which it was. Leaving a loop
 * closes nothing; another loop goes on where it was.
 *
 * Who reads slowly holds back a program that can be resumed: what was not read
 * is not acknowledged, and the server deals with it as with any slow client. No
 * other server can be held back by a page: there, the connection is ended when
 * more than `readBuffer` waits.
 */
export interface Program extends AsyncIterable<Message>, AsyncDisposable {
  /** How it ended. Settles once, never rejects. */
  readonly exit: Promise<Exit>;
  /** `connecting` before the first connection, `open` while there is one, `reconnecting` while another is looked for, `closed` at the end. */
  readonly state: State;
  /** What the server calls this session; who knows it can take the session over. Null if there is none that can be resumed. */
  readonly session: string | null;
  /**
   * Sends a message, or keeps it until there is a connection. Where the server
   * speaks `websocketd.v1`, a program that takes text gets bytes as the text
   * whose UTF-8 they are, and one that takes bytes gets text as its UTF-8.
   *
   * @returns Settles when there is room for the next one: with true, or with
   * false if it has ended, and then this message and others before it may not
   * have arrived. Never rejects. Who does not wait for it fills the memory.
   */
  send(message: string | Uint8Array): Promise<boolean>;
  /** Closes the connection, or ends looking for one. What still comes is not read. Settles as `exit` does. */
  close(): Promise<Exit>;
}
