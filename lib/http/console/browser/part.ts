/**
 * The element of a page that plays a part: the one with `data-part="name"`.
 *
 * @throws {TypeError} If there is none, or it is of another type: page and script do not fit.
 */
export function part<Type extends Element>(
  root: ParentNode,
  name: string,
  type: new () => Type,
): Type {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (found instanceof type) return found;
  throw new TypeError(`Cannot find the part "${name}" of the page`);
}
