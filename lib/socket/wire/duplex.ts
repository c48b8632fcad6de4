/** A stream of bytes both ways, such as `Deno.TcpConn` and `Deno.TlsConn`. */
export interface Duplex {
  /** Reads at least one byte. Null at the end; rejects when the connection is lost or closed. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes at least one byte and says how many. Rejects when the connection is lost or closed. */
  write(bytes: Uint8Array): Promise<number>;
  /** Tells the other side that no more will come, behind everything written. */
  closeWrite(): Promise<void>;
  /** Ends both directions at once. Reads and writes under way reject. */
  close(): void;
}
