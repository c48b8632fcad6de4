/** Something that the user of the task can do something about. The message says what. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}
