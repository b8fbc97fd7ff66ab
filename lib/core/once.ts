/**
 * Work that is done at most once.
 *
 * @module
 */

/**
 * Puts work off until it is asked for.
 *
 * @param make does the work.
 * @returns a function that does it at the first call, and gives the same result ever after.
 */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}

/**
 * As {@linkcode once}, for every argument.
 *
 * @param make does the work.
 * @returns a function that does it at the first call with an argument, and gives the same result ever after.
 */
export function onceFor<K, T>(make: (key: K) => T): (key: K) => T {
  const made = new Map<K, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const making = make(key);
    made.set(key, making);
    return making;
  };
}
