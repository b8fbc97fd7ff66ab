/**
 * Mahalanobis distance of the states of the model that all monitors begin as, which knows nothing of safe and unsafe: frozen
 * states suffice as models grow (arXiv 2605.05638).
 *
 * The state is the mean over a conversation's tokens. The layer is chosen on the calibration split: the one whose distances to
 * the safe training rows best tell its unsafe rows from its safe ones, by AUROC; the first of those that are equal.
 *
 * @module
 */
import { safeRows } from "../conversation/row.ts";
import type { Split } from "../conversation/scenes.ts";
import type { SeedScores } from "../evaluation/evaluation.ts";
import type { SignalRequest } from "../signals/signal_graph.ts";
import { auroc } from "../stats/roc.ts";
import { covarianceFor } from "./beforehand.ts";
import { keptFinding, keptScores, oneSeed } from "./kept_scores.ts";
import { mahalanobisDistances } from "./mahalanobis_scores.ts";
import { sampledLayers } from "./pretrained/tuned_recipe.ts";
import type { TrainingWorkbench } from "./workbench.ts";

/** A layer, and how well the distances of its states tell calibration rows apart. */
export interface MeasuredLayer {
  /** From 1, the first block, to the number of blocks. */
  layer: number;
  /** Unsafe rows against safe ones. */
  auroc: number;
}

/** Which layer's states are looked at. */
export interface FrozenChoice {
  /** The layer. */
  layer: number;
  /** Those that it was chosen from, itself among them. */
  candidates: MeasuredLayer[];
}

/**
 * Chooses the layer.
 *
 * @param bench the workbench.
 * @returns the layer and all candidates; undefined where the calibration split lacks safe or unsafe rows to tell apart.
 */
export async function chooseFrozenLayer(
  bench: TrainingWorkbench,
): Promise<FrozenChoice | undefined> {
  const { suite } = bench;
  if (new Set(suite.calibration.map(({ malign }) => malign)).size < 2) return undefined;
  const candidates = await keptFinding(bench, {
    ...await partsOf(bench, "calibration"),
    of: "layers",
  }, async () => {
    const safe = new Set(safeRows(suite.calibration));
    const measured: MeasuredLayer[] = [];
    const { layers } = (await bench.languageModel()).model.config;
    for (const layer of blocksOf(layers)) {
      const distances = await frozenDistances(bench, layer, "calibration");
      const of = (isSafe: boolean) => distances.filter((_, i) => safe.has(i) === isSafe);
      measured.push({ layer, auroc: auroc(of(true), of(false)) });
    }
    return measured;
  });
  const { layer } = candidates.reduce((best, one) => one.auroc > best.auroc ? one : best);
  return { layer, candidates };
}

/**
 * Distances of the chosen layer's states.
 *
 * @param bench the workbench.
 * @param split which rows are scored.
 * @returns one list, for the only seed; none, and the user is told, where no layer can be chosen.
 */
export async function frozenScores(bench: TrainingWorkbench, split: Split): Promise<SeedScores> {
  const choice = await chooseFrozenLayer(bench);
  if (choice === undefined) {
    bench.options.say(
      "Mahalanobis distance of frozen states is left out: its layer is chosen on calibration rows of both classes.",
    );
    return {};
  }
  const { layer } = choice;
  const parts = { ...await partsOf(bench, split), layer };
  return oneSeed(
    await keptScores(bench, parts, async () => [
      ["frozen mahalanobis", await frozenDistances(bench, layer, split)],
    ]),
  );
}

/** Distances of the states of one layer. */
async function frozenDistances(
  bench: TrainingWorkbench,
  layer: number,
  split: Split,
): Promise<Float64Array> {
  const [train, scored] = [
    await meanStates(bench, layer, "train"),
    await meanStates(bench, layer, split),
  ];
  return await mahalanobisDistances(bench, { train, scored });
}

/** All layers are asked for at once, so that there is one forward pass over a split. */
async function meanStates(
  bench: TrainingWorkbench,
  layer: number,
  split: Split,
): Promise<Float32Array> {
  const model = await bench.languageModel();
  const { layers } = model.model.config;
  const { hidden } = await bench.signals(model, split, ofFrozen(layers));
  return hidden[blocksOf(layers).indexOf(layer)];
}

/** What is read of a frozen model of so many blocks. */
export function ofFrozen(layers: number): SignalRequest {
  return { hidden: blocksOf(layers).map((layer) => ({ layer, pooling: "mean" })) };
}

/** Embeddings are no states of a conversation. */
function blocksOf(layers: number): number[] {
  return sampledLayers(layers).slice(1);
}

/** All that distances of a split depend on. */
async function partsOf(bench: TrainingWorkbench, split: Split) {
  const { model: { config }, key } = await bench.languageModel();
  return {
    kind: "frozen states",
    model: key,
    suite: bench.suite.hash,
    split,
    covariance: covarianceFor(bench, config.hiddenSize),
    device: bench.device,
  };
}
