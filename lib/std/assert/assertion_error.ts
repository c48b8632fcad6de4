/** Thrown by every assertion that does not hold. */
export class AssertionError extends Error {
  /**
   * @param message What does not hold.
   * @param options May carry the `cause`.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}
