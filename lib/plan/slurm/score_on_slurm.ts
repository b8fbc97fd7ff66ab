/**
 * `deno task score --engine slurm`: an array of parts, and a job that puts them together.
 *
 * @module
 */
import { UsageError } from "../../core/errors.ts";
import { pick } from "../../core/flags.ts";
import { hashOf } from "../../core/json.ts";
import { RUN_FLAGS } from "../../experiment/flags.ts";
import { SCORE_FLAGS } from "../../monitor/flags.ts";
import { planParts, type ScoreFilesOptions } from "../../monitor/score_files.ts";
import { type EngineFlags, SCORE_ENGINE_FLAGS } from "./flags.ts";
import { jobCommand, toTheEnd } from "./see_through.ts";

const FLAGS = { ...SCORE_FLAGS, ...pick(RUN_FLAGS, "cache") };

/**
 * Has a log scored by Slurm. What lives of an earlier request of the same output is taken up.
 *
 * @param options as `scoreFiles` takes them, and those of the engine.
 * @param told what a user should know, and what begins and ends.
 * @returns what the job that put the parts together wrote; throws a `UserError` where one failed.
 */
export async function scoreOnSlurm(
  options: ScoreFilesOptions & EngineFlags,
  { say, begin }: { say: (message: string) => void; begin: (line: string) => void },
): Promise<string> {
  const { engine: _, sbatch: __, tasks, poll: ___, shard, join, ...given } = options;
  if (shard !== undefined || join !== undefined) {
    throw new UsageError(
      "Cannot use --shard or --join with --engine slurm: its jobs are called with them",
      "Leave them out; --tasks says into how many parts the input is cut.",
    );
  }
  const n = tasks ?? SCORE_ENGINE_FLAGS.tasks.usual!;
  const { key, isScored, isJoined } = await planParts(given, n, say);
  const parts = {
    name: `${n} parts of "${given.input}"`,
    key,
    after: [],
    pieces: n,
    isDone: isScored,
  };
  const whole = {
    name: `"${given.output}"`,
    key: hashOf({ join: key }),
    after: [parts],
    pieces: 1,
    isDone: isJoined,
  };
  return await toTheEnd([parts, whole], options, {
    commandFor: (step) =>
      jobCommand(step === whole ? `score --join ${n}` : "score --shard $part", FLAGS, given),
    tasksFor: ({ pieces }) => pieces,
    cache: given.cache,
    begin,
  });
}
