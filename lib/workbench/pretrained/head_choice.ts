/**
 * Choosing what guards are and which hidden state they stand on. For each candidate state a head is fitted to the training rows,
 * with a fixed penalty, and the one that ranks the calibration rows best is taken; so is the kind of guard. The test split has no
 * say.
 *
 * @module
 */
import { UserError } from "../../core/errors.ts";
import type { Row } from "../../conversation/row.ts";
import type { Split } from "../../conversation/scenes.ts";
import type { Suite } from "../../conversation/suite.ts";
import type { Features } from "../../detector/detector.ts";
import { fitLinearHead, headLogits } from "../../detector/linear_head.ts";
import { guardScoresOf } from "../../signals/signals.ts";
import { auroc } from "../../stats/roc.ts";
import {
  type HeadState,
  type MeasuredKind,
  type MeasuredState,
  MONITOR_KINDS,
  type MonitorKind,
  sampledLayers,
} from "./tuned_recipe.ts";

/** C of the heads that are compared. */
const COMPARING_C = 1e-2;

/** How the tokens' states become what a head reads. */
const POOLINGS: readonly HeadState["poolings"][] = [["last"], ["mean"], ["last", "mean"]];

/**
 * Chooses a state.
 *
 * @param suite training and calibration rows.
 * @param layers how many blocks the model has.
 * @param given the layer, where it is not to be chosen; the pooling is then, too.
 * @param featuresOf what a head on a state reads of a split, row by row.
 * @returns the state of the highest AUROC on the calibration split, the first of those that are equal, and all candidates;
 * throws a {@linkcode UserError} where the model has no such layer.
 */
export async function chooseState(
  suite: Suite,
  layers: number,
  given: number | undefined,
  featuresOf: (split: Split, state: HeadState) => Promise<Features>,
): Promise<{ state: HeadState; candidates: MeasuredState[] }> {
  if (given !== undefined && given > layers) {
    throw new UserError(
      `Cannot use --layer ${given}: the model must have such a layer, got ${layers} layers`,
      "Give a number from 0 (the embeddings) to that of the layers.",
    );
  }
  const tried = given === undefined ? sampledLayers(layers).slice(1) : [given];
  const candidates: MeasuredState[] = [];
  for (const layer of tried) {
    for (const poolings of POOLINGS) {
      const state = { layer, poolings };
      const head = fitLinearHead(await featuresOf("train", state), suite.train, COMPARING_C);
      const scores = guardScoresOf(headLogits(head, await featuresOf("calibration", state)));
      candidates.push({ ...state, auroc: aurocOf(suite.calibration, scores) });
    }
  }
  const best = candidates.reduce((a, b) => b.auroc > a.auroc ? b : a);
  return { state: { layer: best.layer, poolings: best.poolings }, candidates };
}

/** Unsafe rows against safe ones. */
function aurocOf(rows: readonly Row[], scores: Float64Array): number {
  const of = (label: number) => scores.filter((_, i) => rows[i].malign === label);
  return auroc(of(0), of(1));
}

/** What guards are, and from what that was chosen; nothing where it was given. */
export interface ChosenKind {
  /** The kind. */
  monitors: MonitorKind;
  /** What was measured. */
  kinds?: MeasuredKind[];
}

/**
 * Chooses what guards are, by the first seed's guard of each kind.
 *
 * @param calibration rows to choose on.
 * @param guards makes the guard of a seed, by kind.
 * @param scoresOf a guard's scores of these rows.
 * @returns the kind of the highest AUROC, the first of those that are equal, and what was measured.
 */
export async function chooseKind<Guard>(
  calibration: readonly Row[],
  guards: Record<MonitorKind, (seed: number) => Promise<Guard>>,
  scoresOf: (guard: Guard) => Promise<Float64Array>,
): Promise<ChosenKind> {
  const kinds: MeasuredKind[] = [];
  for (const monitors of MONITOR_KINDS) {
    const scores = await scoresOf(await guards[monitors](0));
    kinds.push({ monitors, auroc: aurocOf(calibration, scores) });
  }
  const { monitors } = kinds.reduce((a, b) => b.auroc > a.auroc ? b : a);
  return { monitors, kinds };
}
