/**
 * Which field of an artifact is missing, where showing it fails: an older version did not write it. Anything else that fails is a
 * bug, and stays one.
 *
 * @module
 */

/**
 * Looks for the field.
 *
 * @param artifact that cannot be shown.
 * @param show what failed on it with a `TypeError`; is called once more, on a copy that says what is looked at.
 * @returns the path of the absent field that was the last thing to be looked at, such as `findings.contrasts`; undefined where
 * it was not one.
 */
export function missingField<T extends object>(
  artifact: T,
  show: (artifact: T) => unknown,
): string | undefined {
  let missing: string | undefined;
  const watched = <V extends object>(value: V, path: string): V =>
    new Proxy(value, {
      get(target, key) {
        const found = Reflect.get(target, key);
        const at = path === "" ? String(key) : `${path}.${String(key)}`;
        missing = (found ?? undefined) === undefined && typeof key === "string" ? at : undefined;
        return typeof found === "object" && found !== null ? watched(found, at) : found;
      },
    });
  try {
    show(watched(artifact, ""));
  } catch (error) {
    if (error instanceof TypeError) return missing;
    throw error;
  }
  return undefined;
}
