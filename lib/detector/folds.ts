/**
 * Choosing the strength of a logistic regression's penalty on the training rows alone, by the log loss of rows that are held out
 * scene by scene.
 *
 * @module
 */
import { sceneOf } from "../conversation/row.ts";
import { UserError } from "../core/errors.ts";
import {
  type FeatureRows,
  fitLogisticRegression,
  type LogisticModel,
  logLoss,
  logOdds,
} from "../stats/logistic_regression.ts";
import { dealScenes } from "./deal_scenes.ts";

/** What dealing rows to folds needs to know of them. */
export interface LabelledRow {
  /** Unique; stands for the scene where there is none. */
  id: string;
  /** 1 where the row is unsafe, else 0. */
  malign: 0 | 1;
  /** Rows of one scene resemble each other, so they are held out together. */
  scene?: string;
}

const FOLDS = 5;
/** Tolerance while choosing C: the objective, a sum over thousands of rows, ends within ½ · ROUGH² of its least. */
const ROUGH = 1;

/**
 * Deals rows to folds. Scenes are dealt in the order of their hashes, those with unsafe rows first.
 *
 * @param rows training rows.
 * @param what is fitted, for messages, such as `a bag of words`.
 * @returns the fold of each row; throws a {@linkcode UserError} where too few scenes have a label, since every fold must leave
 * rows of both to train on.
 */
export function dealFolds(rows: readonly LabelledRow[], what: string): number[] {
  const unsafe = new Set(rows.filter((row) => row.malign === 1).map(sceneOf));
  const foldOf = dealScenes(rows.map(sceneOf), FOLDS, (scene) => unsafe.has(scene));
  const folds = rows.map((row) => foldOf.get(sceneOf(row))!);
  for (const [label, name] of ["safe", "unsafe"].entries()) {
    const found = new Set(folds.filter((_, i) => rows[i].malign === label)).size;
    if (found >= 2) continue;
    throw new UserError(
      `Cannot fit ${what}: ${name} training rows must occur in at least 2 of the ${FOLDS} folds of ` +
        `scenes, got ${found}`,
      `Add ${name} training rows, of other scenes.`,
    );
  }
  return folds;
}

/**
 * Chooses C.
 *
 * @param candidates ascending.
 * @param labels of the rows, 0 or 1.
 * @param folds of the rows, from {@linkcode dealFolds}.
 * @param featuresOf the features of some rows, by their indices.
 * @returns the candidate under which held-out rows have the least log loss; among equals, the smallest.
 */
export function chooseC(
  candidates: readonly number[],
  labels: readonly number[],
  folds: readonly number[],
  featuresOf: (rows: readonly number[]) => FeatureRows,
): number {
  const losses = candidates.map(() => 0);
  for (let fold = 0; fold < FOLDS; fold++) {
    const select = (heldOut: boolean) =>
      [...folds.keys()].filter((i) => (folds[i] === fold) === heldOut);
    const [train, rest] = [false, true].map((heldOut) => {
      const rows = select(heldOut);
      return { features: featuresOf(rows), labels: rows.map((i) => labels[i]) };
    });
    let start: LogisticModel | undefined;
    candidates.forEach((C, c) => {
      start = fitLogisticRegression(train.features, train.labels, {
        C,
        tolerance: ROUGH,
        ...(start && { start }),
      });
      logOdds(start, rest.features).forEach((z, i) => losses[c] += logLoss(z, rest.labels[i]));
    });
  }
  return candidates[losses.indexOf(Math.min(...losses))];
}
