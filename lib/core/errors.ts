/**
 * Errors that a user can act on: what was being done, why it failed, what to do next.
 *
 * @module
 */

/** An expected failure (bad input, full disk, …): printed without a stack, with its remedy. */
export class UserError extends Error {
  /** What the user can do about it, one sentence. */
  readonly remedy: string;

  /**
   * Makes the error; the command line prints message and remedy on a line each.
   *
   * @param message what could not be done and why, naming file, line or id, such as
   * `Cannot read "x.jsonl" line 3: …`.
   * @param remedy what to do next, one sentence with a full stop.
   * @param options the `cause`, if another error is behind this one.
   */
  constructor(message: string, remedy: string, options: ErrorOptions = {}) {
    super(message, options);
    this.name = "UserError";
    this.remedy = remedy;
  }
}

/** Wrong use of the command line; the process exits with 2 instead of 1. */
export class UsageError extends UserError {
  /** Its name in stack traces. */
  override name = "UsageError";
}

/**
 * The known name closest to a misspelt one, for "did you mean" remedies.
 *
 * @param name what was given.
 * @param known the accepted names.
 * @returns the name with the fewest edits (Levenshtein), or undefined where more than half of it
 * would change.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { nearestName } from "./errors.ts";
 * assert.equal(nearestName("fuson", ["fusion", "judge"]), "fusion");
 * assert.equal(nearestName("x", ["fusion", "judge"]), undefined);
 * ```
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.floor(name.length / 2) + 1;
  for (const candidate of known) {
    const edits = editDistance(name, candidate);
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(previous[j] + 1, current[j - 1] + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length];
}

/**
 * The remedy for an unknown name: the nearest known one if there is one, else the list.
 *
 * @param name what was given.
 * @param known the accepted names.
 * @returns one or two sentences.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { suggestName } from "./errors.ts";
 * const remedy = suggestName("jugde", ["fusion", "judge"]);
 * assert.equal(remedy, 'Did you mean "judge"? Known: fusion, judge.');
 * ```
 */
export function suggestName(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  const list = `Known: ${known.join(", ")}.`;
  return nearest === undefined ? list : `Did you mean "${nearest}"? ${list}`;
}
