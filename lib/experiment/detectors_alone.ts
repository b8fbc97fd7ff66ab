/**
 * Detectors, each alone beside the guard: what several experiments measure and say of them.
 *
 * @module
 */
import { type Difference, recallContrasts } from "../evaluation/contrasts.ts";
import { evaluate, type Evaluation, RECALL, type SeedScores } from "../evaluation/evaluation.ts";
import { contrastIn, type Contrasts } from "../evaluation/findings.ts";
import { guardScores } from "../workbench/scores.ts";
import type { Workbench } from "../workbench/workbench.ts";
import { bestOf, countClear, percentOf, recallOf } from "./reading.ts";
import type { Results } from "./recall_table.ts";

const GUARD = "guard";

/** Detectors beside the guard, as an artifact holds them. */
export interface DetectorsAlone<Found> {
  /** The guard, and the detectors in their order. */
  monitors: string[];
  /** Of each monitor on each group. */
  results: Found;
  /** Recall of each detector less the guard's. */
  contrasts: Contrasts<Difference>;
}

/**
 * Measures detectors on the test rows.
 *
 * @param bench whose guard, and whose rows.
 * @param detectors their scores of the test rows.
 * @param groups on which they are compared with the guard.
 * @param options random stream and resamples.
 * @returns figures of all, and how far each detector is from the guard.
 */
export async function measureAlone(
  bench: Workbench,
  detectors: SeedScores,
  groups: readonly string[],
  options: { streamName: string; resamples: number },
): Promise<DetectorsAlone<Evaluation["results"]>> {
  const scores = { [GUARD]: await guardScores(bench, "test"), ...detectors };
  const evaluation = evaluate(bench.suite.test, scores, options);
  const pairs = Object.keys(detectors).map((name) => [name, GUARD] as const);
  return {
    monitors: Object.keys(scores),
    results: evaluation.results,
    contrasts: recallContrasts(evaluation, pairs, groups),
  };
}

/**
 * What was found outside the training distribution, in two sentences.
 *
 * @param findings of {@linkcode measureAlone}, `oodMean` among the groups.
 * @returns how many detectors are clearly apart from the guard, and which is best.
 */
export function readAlone({ monitors, results, contrasts }: DetectorsAlone<Results>): string {
  const detectors = monitors.filter((name) => name !== GUARD);
  const { higher, lower } = countClear(
    detectors.map((first) =>
      contrastIn(contrasts, { first, second: GUARD, group: "oodMean", metric: RECALL })
    ),
  );
  const best = bestOf(results, detectors, "oodMean");
  return `Outside id, ${higher} of ${detectors.length} detectors show clearly higher recall than the guard and ${lower} clearly lower. Highest is ${best} with ${
    percentOf(recallOf(results, best, "oodMean"))
  }, where the guard has ${percentOf(recallOf(results, GUARD, "oodMean"))}.`;
}
