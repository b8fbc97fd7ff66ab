/**
 * `deno task score`: a fitted monitor applied to a file of conversations.
 *
 * @module
 */
import { suggestName, UsageError } from "../core/errors.ts";
import { startProgress } from "../core/progress.ts";
import { describeNotes } from "../log/logs.ts";
import { readMonitor } from "./fitted_monitor.ts";
import type { ScoreFlags } from "./flags.ts";
import type { Threshold } from "./manifest.ts";
import { scoreLog } from "./score_log.ts";

/**
 * Scores a file.
 *
 * @param options which monitor, which file, where to; the threads, on which scores do not depend; and the cache.
 * @param say told what a user should know before the end.
 * @returns what a user should know of it, a sentence each.
 */
export async function scoreFiles(
  { monitor: folder, model, fpr, noThoughts, ...options }: ScoreFlags & {
    threads: number;
    cache: string;
  },
  say: (message: string) => void,
): Promise<string[]> {
  const from = { cache: options.cache, say, ...model !== undefined && { model } };
  const monitor = await readMonitor(folder, from);
  const thoughts = rendersThoughts(monitor.thoughts, noThoughts, say);
  const threshold = thresholdFor(fpr, monitor.thresholds);
  using progress = startProgress("scoring");
  const { rows, flagged, truncated, notes, resumedAt } = await scoreLog(monitor, {
    ...options,
    thoughts,
    threshold,
    progress,
    say,
  });
  const { contextLength } = monitor.parts.guard.model.config;
  return [
    ...resumedAt > 0
      ? [`Continued after line ${resumedAt}, where an earlier run had stopped.`]
      : [],
    `${counted(rows)} scored, ${flagged} flagged at FPR ${threshold.target}.`,
    ...describeNotes(options.input, notes),
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

function thresholdFor(fpr: number, thresholds: readonly Threshold[]): Threshold {
  const found = thresholds.find(({ target }) => target === fpr);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot use --fpr ${fpr}: the monitor has no threshold for it`,
    suggestName(String(fpr), thresholds.map(({ target }) => String(target))),
  );
}
