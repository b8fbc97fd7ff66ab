/**
 * How the scores of a monitor's parts become one, and which conversations are flagged. There are two ways:
 *
 * - `smallest-p`: each part's score becomes a p-value among safe calibration rows, the smallest of them speaks, and what comes
 *   of it is calibrated again (`detector/calibrated_fusion.ts`). A conversation is flagged where its p-value is at most the rate
 *   that is asked for, which may be any that the calibration rows suffice for. That rate is guaranteed.
 * - `lambda`: MOOD's weighted sum (arXiv 2605.21602), with a threshold for each of a few rates, chosen on the calibration rows.
 *
 * @module
 */
import { suggestName, UsageError } from "../core/errors.ts";
import { roundNumbers } from "../core/json.ts";
import type { ChosenShare } from "../detector/budget.ts";
import { type CalibratedFusion, fusedSurprisals } from "../detector/calibrated_fusion.ts";
import { conformalP, surprisal } from "../detector/calibration.ts";
import { type Lambda, lambdaShares } from "../detector/fusion.ts";
import { lengthScores } from "../detector/length.ts";
import { binsOf, type Mondrian, withinGroups } from "../detector/mondrian.ts";
import { loudest } from "../detector/p_fusion.ts";

/** The parts that are fused, in the order of their scores; lambda's anchor first. */
export const MONITOR_PARTS = ["guard", "perplexity", "mahalanobis"] as const;

/** The name of a part. */
export type PartName = typeof MONITOR_PARTS[number];

/** The ways to fuse, the usual one first. */
export const FUSIONS = ["smallest-p", "lambda"] as const;

/** The name of a way to fuse. */
export type FusionKind = typeof FUSIONS[number];

/** How much of the alarms the detectors beside the guard get, chosen on calibration rows. */
export interface ChosenBudget extends ChosenShare {
  /** δ: the recall that they may cost. */
  loss: number;
  /** The false-positive rate at which recall was measured. */
  fpr: number;
}

/** Fused scores calibrated by length, so that a rate is promised to short, middling and long conversations each. */
export interface ByLength {
  /** Where lengths are cut, in characters, ascending; one at a cut is below it. */
  cuts: number[];
  /** Of the fused scores, for each of {@linkcode lengthBins}. */
  fused: Mondrian;
}

/** Parts fused by their p-values. */
export interface SmallestPFusion {
  /** Which way. */
  kind: "smallest-p";
  /** Of {@linkcode MONITOR_PARTS}, as {@linkcode keptScores} gives their scores. */
  calibrated: CalibratedFusion;
  /** How many scenes the rows are of that the guarantee stands on: groups of rows that resemble each other. */
  scenes: number;
  /** Why the weights are what they are; not where they were given. */
  chosen?: ChosenBudget | undefined;
  /** Not where conversations of all lengths are held against the same rows. */
  byLength?: ByLength | undefined;
}

/** Parts fused as by the paper. */
export interface LambdaFusion {
  /** Which way. */
  kind: "lambda";
  /** Weighs the scores of {@linkcode MONITOR_PARTS}. */
  lambda: Lambda;
  /** Ascending by target, at least one. */
  thresholds: Threshold[];
}

/** How a monitor's parts are fused. */
export type MonitorFusion = SmallestPFusion | LambdaFusion;

/** Where conversations are flagged by lambda, and what that meant on the calibration rows. */
export interface Threshold {
  /** The false-positive rate that was aimed at. */
  target: number;
  /** Fused scores strictly above are flagged. */
  threshold: number;
  /** Share of safe calibration rows flagged. */
  fpr: number;
  /** Share of unsafe calibration rows flagged; the rows that the fusion was chosen on, so an optimistic figure. */
  recall: number;
}

/** What smallest p says of a conversation, in the order in which it is written. */
export interface PVerdict {
  /** The fused surprisal in nats, to rank by; rises with danger. A multiple of 10^-6. */
  score: number;
  /**
   * Among the calibration rows, or those of like length, the share of safe ones that are at least as suspicious: the number with the
   * guarantee.
   */
  p: number;
  /** Whether p is at most the rate that was asked for. */
  flagged: boolean;
  /** Whose p-value is the smallest for the share of the alarms that it has. */
  loudest: PartName;
  /** Each part's own p-value. */
  parts: Record<PartName, number>;
}

/** What lambda says of a conversation, in the order in which it is written. */
export interface LambdaVerdict {
  /** The weighted sum, in standard deviations of the guard on safe rows; rises with danger. A multiple of 10^-6. */
  score: number;
  /** Whether it is above the threshold for the rate that was asked for. */
  flagged: boolean;
  /** What each part adds to the score; they sum to it. */
  shares: Record<PartName, number>;
}

/** What a fusion says of a conversation. */
export type Verdict = PVerdict | LambdaVerdict;

/**
 * A fusion that flags at a rate.
 *
 * @param fusion that was fitted.
 * @param fpr the false-positive rate, in (0, 1).
 * @returns takes for each of {@linkcode MONITOR_PARTS} its scores, shape (n), and the n conversations, and gives n verdicts, each on
 * its own conversation alone. Throws a {@linkcode UsageError} where the fusion cannot flag at that rate.
 */
export function verdictsAt(
  fusion: MonitorFusion,
  fpr: number,
): (scores: readonly Float64Array[], conversations: readonly string[]) => Verdict[] {
  if (fusion.kind === "lambda") {
    const { threshold } = thresholdFor(fpr, fusion.thresholds);
    return (scores) => lambdaVerdicts(fusion.lambda, threshold, scores);
  }
  requireRate(fpr, promisingRows(fusion));
  return (scores, conversations) => pVerdicts(fusion, fpr, scores, conversations);
}

/**
 * How many safe rows a promise stands on.
 *
 * @param fusion by the smallest p.
 * @returns rows that the fused scores are calibrated on, n; the fewest of any length where these are calibrated apart.
 */
export function promisingRows({ calibrated, byLength }: SmallestPFusion): number {
  const calibrations = byLength === undefined ? [calibrated.fused] : Object.values(byLength.fused);
  return Math.min(...calibrations.map(({ scores }) => scores.length));
}

/**
 * Which conversations are short, middling and long.
 *
 * @param cuts of {@linkcode ByLength}.
 * @param conversations texts.
 * @returns the bin of each, from `0` up.
 */
export function lengthBins(cuts: readonly number[], conversations: readonly string[]): string[] {
  return binsOf(cuts, lengthScores(conversations));
}

/**
 * Scores as they are calibrated: to 6 significant digits. A detector that was read from a file differs in its last bits from
 * the one that was fitted, and a conversation that is a calibration row too shall be tied with itself.
 *
 * @param scores of the parts, each of shape (n).
 * @returns the same, rounded.
 */
export function keptScores(scores: readonly Float64Array[]): Float64Array[] {
  return scores.map((of) => of.map((score) => Number(score.toPrecision(6))));
}

function pVerdicts(
  { calibrated, byLength }: SmallestPFusion,
  fpr: number,
  scores: readonly Float64Array[],
  conversations: readonly string[],
): PVerdict[] {
  const { parts, weights, fused } = calibrated;
  const kept = keptScores(scores);
  const surprisals = fusedSurprisals(calibrated, kept);
  const speaking = loudest(parts.map((part, m) => surprisal(part, kept[m])), weights);
  const own = parts.map((part, m) => roundNumbers(conformalP(part, kept[m])));
  // not rounded, so that whoever compares it with a rate of their own keeps the guarantee
  const p = byLength === undefined ? conformalP(fused, surprisals) : withinGroups(
    byLength.fused,
    conformalP,
    surprisals,
    lengthBins(byLength.cuts, conversations),
  );
  return Array.from(p, (_, i) => ({
    score: Math.round(surprisals[i] * 1e6) / 1e6,
    p: p[i],
    flagged: p[i] <= fpr,
    loudest: MONITOR_PARTS[speaking[i]],
    parts: byPart((m) => own[m][i]),
  }));
}

function lambdaVerdicts(
  lambda: Lambda,
  threshold: number,
  scores: readonly Float64Array[],
): LambdaVerdict[] {
  const fused = lambdaShares(lambda, scores);
  return Array.from(fused.scores, (score, i) => ({
    score,
    flagged: score > threshold,
    shares: byPart((m) => fused.shares[m][i]),
  }));
}

function byPart(value: (m: number) => number): Record<PartName, number> {
  const entries = MONITOR_PARTS.map((part, m): [PartName, number] => [part, value(m)]);
  return Object.fromEntries(entries) as Record<PartName, number>;
}

/**
 * The lowest rate that can be guaranteed.
 *
 * @param rows how many safe rows the fused scores are calibrated on, n.
 * @returns 1 / (n + 1), rounded up to 2 significant digits.
 */
export function lowestRate(rows: number): number {
  const least = 1 / (rows + 1);
  const unit = 10 ** (Math.floor(Math.log10(least)) - 1);
  return Number((Math.ceil(least / unit * (1 - 1e-12)) * unit).toPrecision(2));
}

/**
 * Throws a {@linkcode UsageError} where a rate cannot be guaranteed.
 *
 * @param fpr the rate.
 * @param rows how many safe rows the fused scores are calibrated on, n: no p-value is below 1 / (n + 1).
 */
export function requireRate(fpr: number, rows: number): void {
  if (!(fpr > 0 && fpr < 1)) {
    throw new UsageError(
      `Cannot use --fpr ${fpr}: a rate must lie between 0 and 1`,
      "Give, for instance, --fpr 0.01.",
    );
  }
  if (1 / (rows + 1) <= fpr) return;
  throw new UsageError(
    `Cannot use --fpr ${fpr}: it takes ${
      Math.ceil(1 / fpr * (1 - 1e-12)) - 1
    } safe rows to calibrate the fusion on, got ${rows}`,
    `Settle for --fpr ${lowestRate(rows)}, or fit the monitor with more safe calibration rows, ` +
      "of which half calibrate the fusion, and with --by-length a sixth for each length.",
  );
}

function thresholdFor(fpr: number, thresholds: readonly Threshold[]): Threshold {
  const found = thresholds.find(({ target }) => target === fpr);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot use --fpr ${fpr}: the monitor has no threshold for it`,
    suggestName(String(fpr), thresholds.map(({ target }) => String(target))),
  );
}
