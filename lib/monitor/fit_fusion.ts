/**
 * Fitting the fusion of a monitor's parts on calibration rows, which the parts were not trained on. Whatever a monitor is fitted
 * on is in distribution.
 *
 * @module
 */
import { ID_DOMAINS } from "../conversation/domains.ts";
import { type Row, safeRows } from "../conversation/row.ts";
import { UserError } from "../core/errors.ts";
import { roundNumbers } from "../core/json.ts";
import { largestShare, RECALL_LOSS, SHARES, splitBudget } from "../detector/budget.ts";
import {
  type CalibratedFusion,
  fitCalibratedFusion,
  fusedSurprisals,
  halvesByScene,
} from "../detector/calibrated_fusion.ts";
import { fitCalibration, surprisal } from "../detector/calibration.ts";
import { fitLambda, type Lambda, lambdaShares } from "../detector/fusion.ts";
import { lengthScores } from "../detector/length.ts";
import { binCuts, fitMondrian } from "../detector/mondrian.ts";
import { shareAbove, tprAtFpr } from "../stats/tpr_at_fpr.ts";
import { FEW_ROWS, sayFewRows } from "../workbench/beforehand.ts";
import { FIT_FLAGS } from "./flags.ts";
import {
  type ByLength,
  type ChosenBudget,
  type FusionKind,
  keptScores,
  type LambdaFusion,
  lengthBins,
  lowestRate,
  MONITOR_PARTS,
  type MonitorFusion,
  requireRate,
  type SmallestPFusion,
  type Threshold,
} from "./fusion.ts";
import { describeFewRows } from "./guarantee.ts";

/** The paper's rate at which the weight of detectors is chosen. */
const CHOSEN_AT = 0.01;

/** Short, middling and long. */
const LENGTHS = 3;

/** What a fusion is to be. */
export interface FusionWish {
  /** How parts are fused. */
  kind: FusionKind;
  /** For smallest p, whether a rate is to be promised to short, middling and long conversations each. Default false. */
  byLength?: boolean | undefined;
  /** For smallest p, what the detectors beside the guard get of the alarms, in [0, 1]. Default: chosen on the calibration rows. */
  share?: number | undefined;
}

/**
 * Which rates a monitor will be able to flag at, known before anything is trained.
 *
 * @param wish how its parts will be fused.
 * @param rows to calibrate on.
 * @param given rates that are asked for, ascending, in (0, 1); the usual ones by default.
 * @param say told where the rows are few.
 * @returns those given, or the usual ones that the rows suffice for, at least one; throws a {@linkcode UserError} where they are too
 * few for one that was given.
 */
export function ratesFor(
  { kind, byLength }: FusionWish,
  rows: readonly Row[],
  given: readonly number[] | undefined,
  say: (message: string) => void,
): readonly number[] {
  const usual: readonly number[] = FIT_FLAGS.fpr.usual!;
  if (kind === "lambda") {
    const rates = given ?? usual;
    const safe = safeRows(rows).length;
    requireThreshold(rates[0], safe);
    sayFewRows(safe, "safe calibration rows", rates[0], say);
    return rates;
  }
  const n = byLength ? fewestOf(lengthsOf(rows).bins) : halvesOf(rows).second.length;
  const rates = given ?? usual.filter((rate) => 1 / (n + 1) <= rate);
  if (rates.length > 0) requireRate(rates[0], n);
  if (n < FEW_ROWS) say(describeFewRows(n, rates[0] ?? lowestRate(n)));
  return rates.length > 0 ? rates : [lowestRate(n)];
}

/**
 * Fits a fusion.
 *
 * @param wish which.
 * @param rows to calibrate on.
 * @param scores of each of {@linkcode MONITOR_PARTS} on them, shape (rows).
 * @param rates that {@linkcode ratesFor} gave.
 * @returns the fusion.
 */
export function fitFusion(
  { kind, byLength, share }: FusionWish,
  rows: readonly Row[],
  scores: readonly Float64Array[],
  rates: readonly number[],
): MonitorFusion {
  if (kind === "lambda") return fitLambdaFusion(rows, scores, rates);
  const kept = keptScores(scores);
  const chosen = share === undefined
    ? chooseBudget(rows, kept, Math.max(CHOSEN_AT, rates[0]))
    : undefined;
  const fusion = fitSmallestP(rows, kept, share ?? chosen!.share);
  return {
    ...fusion,
    ...chosen && { chosen },
    ...byLength && { byLength: calibrateByLength(fusion.calibrated, rows, kept) },
  };
}

function fitSmallestP(
  rows: readonly Row[],
  scores: readonly Float64Array[],
  share: number,
): SmallestPFusion {
  const weights = splitBudget(MONITOR_PARTS.length - 1, share);
  const safe = scoresOf(scores, safeRows(rows));
  const calibrated = fitCalibratedFusion(safe, {
    how: "smallest",
    weights,
    scenes: safeRows(rows).map((i) => sceneFor(rows[i])),
  });
  const scenes = new Set(halvesOf(rows).second.map((i) => sceneFor(rows[i]))).size;
  return { kind: "smallest-p", calibrated, scenes };
}

/** Holds the fused scores of the same safe rows apart by their length. */
function calibrateByLength(
  calibrated: CalibratedFusion,
  rows: readonly Row[],
  scores: readonly Float64Array[],
): ByLength {
  const { cuts, bins } = lengthsOf(rows);
  const fused = fusedSurprisals(calibrated, scoresOf(scores, halvesOf(rows).second));
  return { cuts, fused: fitMondrian(fused, bins) };
}

/**
 * Where lengths are cut, which the rows of the guarantee have no say in either, and the bins of those rows. Throws a
 * {@linkcode UserError} where one would be empty.
 */
function lengthsOf(rows: readonly Row[]): { cuts: number[]; bins: string[] } {
  const textsOf = (half: readonly number[]) => half.map((i) => rows[i].conversation);
  const { first, second } = halvesOf(rows);
  const cuts = binCuts(lengthScores(textsOf(first)), LENGTHS);
  const bins = lengthBins(cuts, textsOf(second));
  const found = new Set(bins).size;
  if (found === LENGTHS) return { cuts, bins };
  throw new UserError(
    `Cannot calibrate by length: safe calibration rows must be of ${LENGTHS} lengths, cut at ${
      cuts.join(" and ")
    } characters, got ${found}`,
    "Leave out --by-length, or give more rows.",
  );
}

function fewestOf(bins: readonly string[]): number {
  return Math.min(...Map.groupBy(bins, (bin) => bin).values().map(({ length }) => length));
}

/** A guard that is good keeps its alarms. The safe rows that the guarantee stands on have no say, or it would not hold. */
function chooseBudget(
  rows: readonly Row[],
  scores: readonly Float64Array[],
  fpr: number,
): ChosenBudget {
  const ofSafe = scoresOf(scores, halvesOf(rows).first);
  const ofUnsafe = scoresOf(scores, [...rows.keys()].filter((i) => rows[i].malign === 1));
  const parts = ofSafe.map((of) => fitCalibration(of));
  const [safely, unsafely] = [ofSafe, ofUnsafe].map((of) =>
    of.map((scores, m) => surprisal(parts[m], scores))
  );
  const settings = { how: "smallest", grid: SHARES, loss: RECALL_LOSS, fpr } as const;
  return { ...largestShare(safely, unsafely, settings), loss: RECALL_LOSS, fpr };
}

/** Scores of some rows alone. */
function scoresOf(scores: readonly Float64Array[], rows: readonly number[]): Float64Array[] {
  return scores.map((of) => Float64Array.from(rows, (i) => of[i]));
}

/** What belongs together: rows of a scene, else those that say the same. */
const sceneFor = ({ scene, conversation }: Row) => scene ?? conversation;

/** The safe rows that the parts are calibrated on, and those that their fusion is. */
function halvesOf(rows: readonly Row[]): { first: number[]; second: number[] } {
  const safe = safeRows(rows);
  const [first, second] = halvesByScene(safe.map((i) => sceneFor(rows[i])))
    .map((half) => half.map((i) => safe[i]));
  return { first, second };
}

function fitLambdaFusion(
  rows: readonly Row[],
  scores: readonly Float64Array[],
  rates: readonly number[],
): LambdaFusion {
  // rounded as it is written, so that thresholds are those of the monitor that is read again
  const lambda = roundNumbers(lambdaOf(rows, scores, rates));
  const fused = lambdaShares(lambda, scores).scores;
  const thresholds = rates.map((target) => thresholdOf(rows, fused, target));
  return { kind: "lambda", lambda, thresholds };
}

function lambdaOf(
  rows: readonly Row[],
  scores: readonly Float64Array[],
  rates: readonly number[],
): Lambda {
  const inDistribution = rows.map(({ malign }) => ({ domain: ID_DOMAINS[0], malign }));
  return fitLambda(inDistribution, scores, { fpr: Math.max(CHOSEN_AT, rates[0]) });
}

function thresholdOf(rows: readonly Row[], scores: Float64Array, target: number): Threshold {
  const [safe, unsafe] = [0, 1].map((label) => scores.filter((_, i) => rows[i].malign === label));
  const { threshold } = tprAtFpr(safe, unsafe, target);
  const kept = roundNumbers(threshold);
  return { target, threshold: kept, fpr: shareAbove(safe, kept), recall: shareAbove(unsafe, kept) };
}

function requireThreshold(rate: number, safe: number): void {
  const least = Math.ceil(1 / rate);
  if (safe >= least) return;
  const percent = Math.ceil(100 / Math.max(1, safe));
  throw new UserError(
    `Cannot find a threshold for FPR ${rate}: it takes at least ${least} safe calibration rows, got ${safe}`,
    `Give more rows, or settle for a higher rate: --fpr ${percent / 100}.`,
  );
}
