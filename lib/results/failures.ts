/**
 * Experiments that could not be run, while others could: what is said of them at the end.
 *
 * @module
 */
import { UsageError, UserError } from "../core/errors.ts";

/** An experiment that failed. */
export interface Failure {
  /** Its name; of several that failed alike, all. */
  experiments: string[];
  /** What could not be done and why. */
  message: string;
  /** What can be done about it; null where it is a fault of this project. */
  remedy: string | null;
  /** Where the fault is; null where it is none of this project. */
  stack: string | null;
}

/** Collects failures. */
export interface Failures {
  /** Those so far, in the order in which they came; equal ones are one. */
  readonly list: readonly Failure[];
  /**
   * Does something for an experiment, and remembers if it fails.
   *
   * @param name of the experiment.
   * @param work what to do.
   * @returns what came of it, or undefined where it failed; throws a `UsageError`, which no other experiment would escape.
   */
  catching<T>(name: string, work: () => Promise<T> | T): Promise<T | undefined>;
}

/**
 * Begins to collect failures.
 *
 * @param say told at once that something failed, and that the others go on.
 * @returns none yet.
 */
export function collectFailures(say: (message: string) => void): Failures {
  const list: Failure[] = [];
  return {
    list,
    async catching(name, work) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof UsageError) throw error;
        say(`${name} failed; what else there is to do goes on, and the end says why.`);
        const failure = failureOf(name, error);
        const same = list.find(({ message, stack }) =>
          message === failure.message && stack === failure.stack
        );
        if (same === undefined) list.push(failure);
        else same.experiments.push(name);
        return undefined;
      }
    },
  };
}

function failureOf(name: string, error: unknown): Failure {
  const experiments = [name];
  if (error instanceof UserError) {
    return { experiments, message: error.message, remedy: error.remedy, stack: null };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack ?? message : message;
  return { experiments, message, remedy: null, stack };
}

/**
 * What failed and why, for people.
 *
 * @param failures at least one.
 * @returns two lines for each, and the stack of what is a fault of this project.
 */
export function failureLines(failures: readonly Failure[]): string[] {
  return failures.flatMap(({ experiments, message, remedy, stack }) => {
    const names = experiments.join(", ");
    return stack === null
      ? [`error: ${names} failed: ${message}.`, `${remedy}`]
      : `error: ${names} failed, by a fault of this project: ${stack}`.split("\n");
  });
}
