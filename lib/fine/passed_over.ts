/**
 * What becomes of lines that are no question: an error, or, where a user wants it, a line that is named, counted, and told of once
 * more at the end.
 *
 * @module
 */
import type { UserError } from "../core/errors.ts";

/** Lines of a file that were passed over. */
export interface PassedOver {
  /** Told of each; undefined where such a line is an error. */
  skip: ((error: UserError) => void) | undefined;
  /** How many there were so far. */
  readonly count: number;
  /** Says, where there were any, how many. */
  sayHowMany(): void;
}

/**
 * Begins to count.
 *
 * @param path the file.
 * @param wanted whether lines are passed over.
 * @param say told of each, in one sentence, and of their number at the end.
 * @returns what to tell.
 */
export function passingOver(
  path: string,
  wanted: boolean,
  say: (message: string) => void,
): PassedOver {
  let count = 0;
  return {
    skip: wanted
      ? (error) => {
        count++;
        say(`${error.message}; the line is passed over.`);
      }
      : undefined,
    get count() {
      return count;
    },
    sayHowMany() {
      if (count > 0) {
        say(`${count} line${count === 1 ? "" : "s"} of "${path}" passed over, as named above.`);
      }
    },
  };
}
