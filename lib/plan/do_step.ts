/**
 * `deno task step` and `deno task fit --step`: one step of a run, or some pieces of it, whoever runs it and wherever.
 *
 * @module
 */
import { UsageError } from "../core/errors.ts";
import type { Part } from "../core/flag.ts";
import type { Step } from "./steps.ts";

/**
 * Finds a step by its key.
 *
 * @param steps of the run.
 * @param key its first digits.
 * @returns the step; throws a {@linkcode UsageError} where none or several begin like that.
 */
export function stepNamed<S extends Pick<Step, "key">>(steps: readonly S[], key: string): S {
  const found = steps.filter((step) => step.key.startsWith(key));
  if (found.length === 1) return found[0];
  throw new UsageError(
    `Cannot do step "${key}": ${
      found.length === 0 ? "no" : "more than one"
    } step of this run has a key that begins like that`,
    "`deno task plan` lists the keys of `reproduce` with the same flags; a change of the code or of the flags changes them.",
  );
}

/**
 * The pieces of a part, neighbours together: all parts of equal n are each piece once.
 *
 * @param pieces how many there are.
 * @param part which of how many parts.
 * @returns their numbers, from 0; none where there are more parts than pieces.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { piecesOf } from "./do_step.ts";
 * assert.deepEqual([1, 2].map((i) => piecesOf(5, { i, n: 2 })), [[0, 1], [2, 3, 4]]);
 * ```
 */
export function piecesOf(pieces: number, { i, n }: Part): number[] {
  const [from, to] = [i - 1, i].map((edge) => Math.floor(edge * pieces / n));
  return Array.from({ length: to - from }, (_, k) => from + k);
}

/**
 * Does a step that is known by its key, or a part of it.
 *
 * @param steps of the run.
 * @param key its first digits.
 * @param part which pieces.
 * @returns what was done, a sentence.
 */
export async function doStepNamed(
  steps: readonly Step[],
  key: string,
  part: Part,
): Promise<string> {
  const step = stepNamed(steps, key);
  const { made, pieces } = await doStep(step, part);
  return `${step.name}: ${made} of ${pieces} pieces made, the others were there.`;
}

/**
 * Does a step, or a part of it. What is in the cache is left as it is.
 *
 * @param step which.
 * @param part which pieces.
 * @returns how many pieces were made, and how many there were to make; an experiment is always run.
 */
export async function doStep(step: Step, part: Part): Promise<{ made: number; pieces: number }> {
  const own = piecesOf(step.pieces, part);
  let made = 0;
  for (const piece of own) {
    if (step.experiment === undefined && await step.isDone(piece)) continue;
    await step.make(piece);
    made++;
  }
  return { made, pieces: own.length };
}
