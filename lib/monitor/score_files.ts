/**
 * `deno task score`: a fitted monitor applied to a file of conversations.
 *
 * @module
 */
import { resolve } from "node:path";
import { STANDARD } from "../conversation/log_lines.ts";
import { UsageError, UserError } from "../core/errors.ts";
import type { Part } from "../core/flag.ts";
import { refuseExisting } from "../core/growing_file.ts";
import { hashOf } from "../core/json.ts";
import { partOf } from "../core/output_names.ts";
import { startProgress } from "../core/progress.ts";
import { describeNotes } from "../log/logs.ts";
import type { Work } from "../workbench/planned/work.ts";
import { scoringCost } from "./count_log.ts";
import { type FittedMonitor, readMonitor } from "./fitted_monitor.ts";
import type { ScoreFlags } from "./flags.ts";
import { verdictsAt } from "./fusion.ts";
import { describeRate } from "./guarantee.ts";
import { requireScorable, type ScoreCounts, scoreLog, type ScoreLogOptions } from "./score_log.ts";
import { finishPart, isFinished, joinedSinceNow, joinParts, rangeOfPart } from "./score_parts.ts";

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
  options: ScoreFilesOptions,
  say: (message: string) => void,
): Promise<string[]> {
  const { shard, join, input, output, fpr } = options;
  if (shard !== undefined && join !== undefined) {
    throw new UsageError(
      "Cannot use --shard and --join together: parts are scored first, and then put together",
      "Leave one out.",
    );
  }
  const { monitor, rest } = await openForScoring(options, say);
  const about = (counts: ScoreCounts) => sentences(input, counts, monitor, fpr);
  if (join !== undefined) return about(await joinParts(output, join, options));
  if (shard !== undefined) {
    const done = await scorePart(monitor, rest, shard);
    return done === undefined ? [`Part ${shard.i} of ${shard.n} was there.`] : about(done);
  }
  using progress = startProgress("scoring");
  const { resumedAt, ...counts } = await scoreLog(monitor, { ...rest, progress });
  return [...continued(resumedAt), ...about(counts)];
}

/** A log that other processes score in parts and put together. */
export interface LogInParts {
  /** SHA-256 that names the work. */
  key: string;
  /** Whether a part is scored, from 0. */
  isScored(part: number): boolean;
  /** Whether the whole is there. */
  isJoined(): boolean;
}

/**
 * Plans the scoring of a file in parts.
 *
 * @param options as {@linkcode scoreFiles} takes them.
 * @param n into how many parts.
 * @param say told what a user should know.
 * @returns how far it is, at any time; throws a `UserError` where it could not be done.
 */
export async function planParts(
  options: ScoreFilesOptions,
  n: number,
  say: (message: string) => void,
): Promise<LogInParts> {
  const { input, output, overwrite } = options;
  const { monitor, rest } = await openForScoring(options, say);
  const settings = partSettings(monitor, rest);
  const parts = Array.from({ length: n }, (_, k) => {
    const part = { i: k + 1, n };
    return { path: partOf(output, part), range: rangeOfPart(input, output, part) };
  });
  const isJoined = joinedSinceNow(output, overwrite);
  return {
    key: hashOf({ settings, output: resolve(output), ranges: parts.map(({ range }) => range) }),
    isScored: (k) => isJoined() || isFinished(parts[k].path, settings, parts[k].range),
    isJoined,
  };
}

/** The scoring of a file as one piece of work. */
export interface PlannedScoring extends Pick<Work, "key" | "cost"> {
  /** It never is: an output that is there is refused, or replaced. */
  isDone(): false;
  /** Scores it. */
  make(): Promise<string[]>;
}

/**
 * Plans the scoring of a file.
 *
 * @param options as {@linkcode scoreFiles} takes them.
 * @param say told what a user should know.
 * @returns what it takes; throws a `UserError` where it could not be done, or is standard input.
 */
export async function planScoring(
  options: ScoreFilesOptions,
  say: (message: string) => void,
): Promise<PlannedScoring> {
  const { input, output, overwrite } = options;
  const { monitor, rest } = await openForScoring(options, say);
  requireScorable(monitor, options);
  if (output !== STANDARD) refuseExisting(output, overwrite);
  return {
    key: hashOf({ settings: partSettings(monitor, rest), input: resolve(input) }),
    cost: await scoringCost(input, monitor.parts, rest),
    isDone: () => false,
    make: () => scoreFiles(options, say),
  };
}

/** Reads the monitor, and refuses what does not go with it. */
async function openForScoring(
  { monitor: folder, model, noThoughts, ...options }: ScoreFilesOptions,
  say: (message: string) => void,
) {
  const from = { cache: options.cache, say, ...model !== undefined && { model } };
  const monitor = await readMonitor(folder, from);
  const thoughts = rendersThoughts(monitor.thoughts, noThoughts, say);
  verdictsAt(monitor.fusion, options.fpr); // refuses a rate, also where parts are only put together
  return { monitor, rest: { ...options, thoughts, say } };
}

/** All that a part depends on besides the input. */
function partSettings(
  { hash }: FittedMonitor,
  { fpr, spans, thoughts, keep = [] }: Pick<ScoreLogOptions, "fpr" | "spans" | "thoughts" | "keep">,
) {
  return { monitor: hash, fpr, spans, thoughts, keep };
}

/** Scores a part; undefined where it was finished before. */
async function scorePart(
  monitor: FittedMonitor,
  options: Omit<ScoreLogOptions, "progress">,
  part: Part,
): Promise<ScoreCounts | undefined> {
  const output = partOf(options.output, part);
  const range = rangeOfPart(options.input, options.output, part);
  const settings = partSettings(monitor, options);
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
