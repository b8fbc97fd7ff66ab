/**
 * Work that is done at most once.
 *
 * @module
 */

/**
 * Puts work off until it is asked for.
 *
 * @param make does the work.
 * @returns a function that does the work at its first call, and returns that result from then on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { once } from "./once.ts";
 * const list = once(() => [] as number[]);
 * list().push(1);
 * assert.deepEqual(list(), [1]); // the same list
 * ```
 */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}

/**
 * Like {@linkcode once}, but for each argument.
 *
 * @param make does the work for one argument.
 * @returns a function that does the work at its first call with an argument, and returns that
 * result from then on.
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
