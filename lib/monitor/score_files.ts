/**
 * `deno task score`: a fitted monitor applied to a file of conversations.
 *
 * @module
 */
import { UsageError, UserError } from "../core/errors.ts";
import type { Part } from "../core/flag.ts";
import { partOf } from "../core/output_names.ts";
import { startProgress } from "../core/progress.ts";
import { describeNotes } from "../log/logs.ts";
import { type FittedMonitor, readMonitor } from "./fitted_monitor.ts";
import type { ScoreFlags } from "./flags.ts";
import { verdictsAt } from "./fusion.ts";
import { describeRate } from "./guarantee.ts";
import { type ScoreCounts, scoreLog, type ScoreLogOptions } from "./score_log.ts";
import { finishPart, isFinished, joinParts, rangeOfPart } from "./score_parts.ts";

/** What to score, and how. */
export interface ScoreFilesOptions extends ScoreFlags {
  /** Threads; scores do not depend on it. */
  threads: number;
  /** Folder of the cache. */
  cache: string;
}

/**
 * Scores a file, or a part of it, or puts parts together.
 *
 * @param options which monitor, which file, where to.
 * @param say told what a user should know before the end.
 * @returns what a user should know of it, a sentence each.
 */
export async function scoreFiles(
  { monitor: folder, model, noThoughts, shard, join, ...options }: ScoreFilesOptions,
  say: (message: string) => void,
): Promise<string[]> {
  if (shard !== undefined && join !== undefined) {
    throw new UsageError(
      "Cannot use --shard and --join together: parts are scored first, and then put together",
      "Leave one out.",
    );
  }
  const from = { cache: options.cache, say, ...model !== undefined && { model } };
  const monitor = await readMonitor(folder, from);
  const thoughts = rendersThoughts(monitor.thoughts, noThoughts, say);
  const { input, output, fpr } = options;
  verdictsAt(monitor.fusion, fpr); // refuses a rate, also where parts are only put together
  const about = (counts: ScoreCounts) => sentences(input, counts, monitor, fpr);
  if (join !== undefined) return about(await joinParts(output, join, options));
  const rest = { ...options, thoughts, say };
  if (shard !== undefined) {
    const done = await scorePart(monitor, rest, shard);
    return done === undefined ? [`Part ${shard.i} of ${shard.n} was there.`] : about(done);
  }
  using progress = startProgress("scoring");
  const { resumedAt, ...counts } = await scoreLog(monitor, { ...rest, progress });
  return [...continued(resumedAt), ...about(counts)];
}

/** Scores a part; undefined where it was finished before. */
async function scorePart(
  monitor: FittedMonitor,
  options: Omit<ScoreLogOptions, "progress">,
  part: Part,
): Promise<ScoreCounts | undefined> {
  const { input, fpr, spans, thoughts, keep = [] } = options;
  const output = partOf(options.output, part);
  const range = rangeOfPart(input, options.output, part);
  const settings = { monitor: monitor.hash, fpr, spans, thoughts, keep };
  if (isFinished(output, settings, range)) return undefined;
  const name = `part ${part.i} of ${part.n}`;
  using progress = startProgress(`scoring ${name}`);
  try {
    // what stands there without a summary is of other settings, or was not finished
    const found = await scoreLog(monitor, { ...options, output, range, progress, overwrite: true });
    finishPart(output, settings, { ...found, range });
    return found;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const message = `${error.message} (lines are counted from the beginning of ${name})`;
    throw new UserError(message, error.remedy, { cause: error });
  }
}

const continued = (line: number) =>
  line > 0 ? [`Continued after line ${line}, where an earlier run had stopped.`] : [];

function sentences(
  input: string,
  { rows, flagged, truncated, notes }: ScoreCounts,
  { parts: { guard }, fusion }: FittedMonitor,
  fpr: number,
): string[] {
  const { contextLength } = guard.model.config;
  return [
    `${counted(rows)} scored, ${flagged} flagged at FPR ${fpr}.`,
    ...describeRate(fusion, fpr),
    ...describeNotes(input, notes),
    ...truncated > 0
      ? [
        `${
          counted(truncated)
        } had more than ${contextLength} tokens; turns at the beginning were left out.`,
      ]
      : [],
  ];
}

/** A monitor's scores mean what they did on conversations that were rendered as those that it was fitted on. */
function rendersThoughts(
  fittedWith: boolean | undefined,
  noThoughts: boolean,
  say: (message: string) => void,
): boolean {
  if (fittedWith === true && noThoughts) {
    say(
      "The monitor was fitted on conversations with thoughts: without them, its false-positive rates need not hold.",
    );
  }
  if (fittedWith === false && !noThoughts) {
    say("Thoughts are left out, as they were when the monitor was fitted.");
  }
  return (fittedWith ?? true) && !noThoughts;
}

const counted = (count: number) => `${count} conversation${count === 1 ? "" : "s"}`;
