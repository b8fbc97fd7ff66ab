/**
 * `deno task score`: a fitted monitor applied to a file of conversations.
 *
 * @module
 */
import { suggestName, UsageError } from "../core/errors.ts";
import { startProgress } from "../core/progress.ts";
import { describeNotes } from "../log/logs.ts";
import { readMonitor, type Threshold } from "./fitted_monitor.ts";
import type { ScoreFlags } from "./flags.ts";
import { scoreLog } from "./score_log.ts";

/**
 * Scores a file.
 *
 * @param options which monitor, which file, where to; and the threads, on which scores do not depend.
 * @param say told what a user should know before the end.
 * @returns what a user should know of it, a sentence each.
 */
export async function scoreFiles(
  { monitor: folder, fpr, noThoughts, ...options }: ScoreFlags & { threads: number },
  say: (message: string) => void,
): Promise<string[]> {
  const monitor = readMonitor(folder);
  const threshold = thresholdFor(fpr, monitor.thresholds);
  using progress = startProgress("scoring");
  const { rows, flagged, truncated, notes, resumedAt } = await scoreLog(monitor, {
    ...options,
    thoughts: !noThoughts,
    threshold,
    progress,
    say,
  });
  const { contextLength } = monitor.guard.config;
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

const counted = (count: number) => `${count} conversation${count === 1 ? "" : "s"}`;

function thresholdFor(fpr: number, thresholds: readonly Threshold[]): Threshold {
  const found = thresholds.find(({ target }) => target === fpr);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot use --fpr ${fpr}: the monitor has no threshold for it`,
    suggestName(String(fpr), thresholds.map(({ target }) => String(target))),
  );
}
