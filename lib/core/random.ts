/**
 * Named random streams: every draw comes from a stream named by what it is for, so that a new draw
 * somewhere moves no other. The generator is xoroshiro128+ (pure-rand), its 128-bit state the first
 * half of SHA-256 of the name.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** A deterministic sequence of draws. */
export interface Stream {
  /** An integer, uniform on [-2^31, 2^31). */
  int32(): number;
  /** A number, uniform on [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** An integer, uniform on [0, below); `below` is from 1 to 2^32. */
  below(below: number): number;
  /** A draw from the normal distribution of mean 0 and standard deviation 1. */
  normal(): number;
  /** One of the items, at least one, all equally likely. */
  pick<T>(items: readonly T[]): T;
  /** The items in random order, all orders equally likely; the input is left as it is. */
  shuffle<T>(items: readonly T[]): T[];
}

/**
 * Opens the stream of a name; the same name gives the same draws, on any machine.
 *
 * @param name what the draws are for, such as `guard/seed-3/shuffle`.
 * @returns a fresh stream.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { stream } from "./random.ts";
 * const letters = ["a", "b", "c"];
 * const [first, again] = [stream("example"), stream("example")];
 * assert.deepEqual(first.shuffle(letters), again.shuffle(letters));
 * ```
 */
export function stream(name: string): Stream {
  const digest = createHash("sha256").update(name).digest();
  const state = [0, 4, 8, 12].map((at) => digest.readInt32LE(at));
  const generator = xoroshiro128plusFromState(state);

  const int32 = () => generator.next();
  const uniform = () => (int32() >>> 0) / 2 ** 32;
  const below = (n: number) => {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`Cannot draw below ${n}: the bound must be an integer in [1, 2^32]`);
    }
    const limit = 2 ** 32 - (2 ** 32 % n); // draws at or over it would favour small values
    let draw = int32() >>> 0;
    while (draw >= limit) draw = int32() >>> 0;
    return draw % n;
  };
  const normal = () =>
    // Box-Muller
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const pick = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new RangeError("Cannot pick from an empty list");
    return items[below(items.length)];
  };
  const shuffle = <T>(items: readonly T[]): T[] => {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) { // Fisher-Yates
      const j = below(i + 1);
      [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
  };
  return { int32, uniform, below, normal, pick, shuffle };
}
