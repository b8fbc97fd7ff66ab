/**
 * Limits how much works at once, and lets what was asked for last go first.
 *
 * @module
 */

/** Lets work in, and hands on its result or error. */
export type Places = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Makes places. Whoever had one and asks for another at once gets it before all who wait, so that work which goes on from what
 * was just done finds it as it was left.
 *
 * @param count how many, at least 1.
 * @returns lets work in, at most so much at once.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { latestFirst } from "./latest_first.ts";
 * const places = latestFirst(1);
 * const done: string[] = [];
 * const work = (name: string) => places(() => Promise.resolve(void done.push(name)));
 * await Promise.all([work("a").then(() => work("a again")), work("b"), work("c")]);
 * assert.deepEqual(done, ["a", "a again", "c", "b"]);
 * ```
 */
export function latestFirst(count: number): Places {
  const waiting: (() => void)[] = [];
  let free = count;
  const leave = () => {
    const next = waiting.pop();
    if (next === undefined) free++;
    else next();
  };
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await work();
    } finally {
      setTimeout(leave, 0); // first whoever had the place is told, and may ask again
    }
  };
}
