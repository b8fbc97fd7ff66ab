/**
 * The scoring of a log as a step.
 *
 * @module
 */
import { UsageError } from "../core/errors.ts";
import { planScoring, type ScoreFilesOptions } from "../monitor/score_files.ts";
import type { Step } from "./steps.ts";

/**
 * Plans the scoring of a log.
 *
 * @param options as `scoreFiles` takes them.
 * @param say told what a user should know.
 * @returns one step; throws a {@linkcode UsageError} where a part of the log is asked for.
 */
export async function scoreSteps(
  options: ScoreFilesOptions,
  say: (message: string) => void,
): Promise<Step[]> {
  if (options.shard !== undefined || options.join !== undefined) {
    throw new UsageError(
      "Cannot plan with --shard or --join: the plan is of the whole file",
      "Leave them out; n parts take an n-th of the time each, and a start.",
    );
  }
  const planned = await planScoring(options, say);
  return [{ name: `"${options.output}"`, after: [], pieces: 1, ...planned }];
}
