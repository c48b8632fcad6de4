/**
 * How long a client is waited for that has been told goodbye.
 *
 * @module
 */
import { startTimer } from "../shared_timer.ts";
import { type Peer, peerState } from "./peer.ts";

/** How long a client is given to answer a close frame, in milliseconds. */
const ANSWER_MS = 2000;
/** How long a client may read nothing of what was sent before a close frame, in milliseconds. */
const UNREAD_MS = 60_000;

/**
 * Waits for a client to answer a close frame, and gives up after 2 s. Counted
 * from when the client's system has everything: a connection that is given up
 * earlier loses the rest if the client sends once more.
 *
 * @returns What stops the waiting, and resolves when nothing of it is left.
 */
export function startPatience(
  peer: Peer | null,
  giveUp: () => void,
): () => Promise<void> {
  let unsentBefore = Infinity, stoodStillMs = 0;
  const look = async (): Promise<void> => {
    const state = peer && await peerState(peer);
    const unsent = state?.unsent ?? 0;
    stoodStillMs = unsent < unsentBefore ? 0 : stoodStillMs + ANSWER_MS;
    unsentBefore = unsent;
    if (unsent === 0 || stoodStillMs >= UNREAD_MS) giveUp();
  };
  let looking = Promise.resolve();
  const wait = () =>
    startTimer(ANSWER_MS, () => {
      stop = wait();
      looking = look();
    });
  let stop = wait();
  return () => {
    stop();
    return looking;
  };
}
