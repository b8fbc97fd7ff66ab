/**
 * Does adding detectors to a small guard gain more than a guard twenty times its size?
 *
 * Guards of several sizes, each fine-tuned from a language model of its own size with the same recipe, alone and fused with
 * Mahalanobis distance and the perplexity of a language model of the same size, by the paper's lambda (arXiv 2605.21602), whose
 * weights are chosen on the rows that are reported on. The largest size is the recipe's own, so that its models serve the other
 * experiments too. Sizes count all weights, embeddings included, and no size has a learning rate of its own.
 *
 *     deno task reproduce --only scaling
 *
 * @module
 */
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import type { Contrasts } from "../lib/evaluation/contrasts.ts";
import {
  chanceLine,
  type Circumstances,
  meanOver,
  monitorColor,
  type Results,
  subtitleOf,
  syntheticNotes,
} from "../lib/experiment/recall_table.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { fuse, FUSED, PARTS, scoredParts } from "../lib/workbench/fused.ts";
import { comparison } from "../lib/experiment/reading.ts";
import type { Size } from "../lib/workbench/recipe.ts";
import { hasSizes, type SizedWorkbench } from "../lib/workbench/workbench.ts";
import { countParameters } from "../lib/model/parameters.ts";
import { difference } from "../lib/evaluation/difference.ts";
import {
  evaluate,
  type Evaluation,
  RECALL,
  type SeedScores,
} from "../lib/evaluation/evaluation.ts";
import type { Figure } from "../lib/report/figure.ts";
import { inPercent, percentCell, type Table } from "../lib/report/table.ts";

const GUARD = "guard";
const GROUPS = ["overall", "oodMean"];
const TITLE = "Guards of several sizes, alone and with detectors";

/** The largest guard must have at least so many times the parameters of the smallest. */
const SPAN = 20;

/** A size, and the monitors of that size. */
interface Scale {
  /** Weights of the guard, embeddings and head included. */
  parameters: number;
  hiddenSize: number;
  layers: number;
  /** Names of its monitors among the results. */
  guard: string;
  fused: string;
  /** The fusion's weight, for each seed. */
  coefficients: number[];
}

/** What the artifact holds. */
interface Findings {
  /** In the order of the table. */
  monitors: string[];
  /** Ascending. */
  scales: Scale[];
  results: Results;
  contrasts: Contrasts;
}

const experiment = defineExperiment({
  name: "scaling",
  question:
    "Does adding detectors to a small guard gain more recall than a guard twenty times its size?",
  missing: (bench) => hasSizes(bench) ? undefined : "models of any size, trained from nothing",
  config: {
    sizes: [[16, 2], [32, 2], [64, 2]], // width and blocks below the recipe's own, ascending
    quickSizes: [[6, 1], [16, 1], [32, 1]], // the same in a quick run
    resamples: 2000, // of the bootstrap, over scenes and seeds
  },
  async train(bench, { sizes, quickSizes, resamples }): Promise<Findings> {
    if (!hasSizes(bench)) throw new TypeError("internal: scaling was run without sizes");
    const { quick } = bench.options;
    const smaller = (quick ? quickSizes : sizes).map(([hiddenSize, layers]) =>
      bench.resized(sizeOf(hiddenSize, layers, bench.recipe.size.contextLength))
    );
    const measured: { scale: Scale; scores: SeedScores }[] = [];
    for (const sized of [...smaller, bench]) measured.push(await measure(sized));
    const scales = measured.map(({ scale }) => scale);
    requireSpan(scales);
    const scores: SeedScores = Object.assign({}, ...measured.map(({ scores }) => scores));
    const evaluation = evaluate(bench.suite.test, scores, {
      streamName: "scaling/bootstrap",
      resamples,
    });
    return {
      monitors: Object.keys(scores),
      scales,
      results: evaluation.results,
      contrasts: gains(evaluation, scales),
    };
  },
  show({ findings, settings: { seeds }, suite: { synthetic } }) {
    const circumstances = { seeds, synthetic };
    const contrast = (name: string) => findings.contrasts[`${name}: overall ${RECALL}`];
    return {
      table: scaleTable(findings, circumstances),
      figure: scaleFigure(findings, circumstances),
      reading: `Against the smallest guard, the overall recall of the largest is ${
        comparison(contrast("gain of the largest over the smallest guard"))
      }. Against the largest guard, that of the smallest with detectors is ${
        comparison(contrast("gain of detection at size s − gain of a guard at 20 s"))
      }.`,
    };
  },
});

/** Heads 64 wide, and a feed-forward layer 2.75 times the width, in multiples of 16, as the recipe has them. */
function sizeOf(hiddenSize: number, layers: number, contextLength: number): Size {
  return {
    hiddenSize,
    intermediateSize: 16 * Math.round(2.75 * hiddenSize / 16),
    layers,
    heads: Math.max(1, Math.floor(hiddenSize / 64)),
    contextLength,
  };
}

/** The guards of one size, alone and fused. */
async function measure(bench: SizedWorkbench): Promise<{ scale: Scale; scores: SeedScores }> {
  const { hiddenSize, layers } = bench.recipe.size;
  const { model } = await bench.guard(bench.seeds[0]);
  const parameters = countParameters(model.parameters.values());
  const parts = await scoredParts(bench, "test");
  const { scores, coefficients } = fuse(PARTS, parts, parts);
  const [guard, fused] = [GUARD, FUSED].map((name) => `${name}, ${short(parameters)}`);
  return {
    scale: { parameters, hiddenSize, layers, guard, fused, coefficients },
    scores: { [guard]: parts.scores[GUARD], [fused]: scores },
  };
}

/** A count to three digits, such as `92.4 k`. */
function short(parameters: number): string {
  return parameters < 1e6
    ? `${(parameters / 1e3).toPrecision(3)} k`
    : `${(parameters / 1e6).toPrecision(3)} M`;
}

function requireSpan(scales: readonly Scale[]): void {
  const counts = scales.map(({ parameters }) => parameters);
  const span = counts.at(-1)! / counts[0];
  if (span >= SPAN) return;
  throw new RangeError(
    `Cannot compare sizes: the largest must have at least ${SPAN} times the parameters of the smallest, got ${span} from ${
      counts.join(", ")
    }`,
  );
}

/** What detection gains at each size, what size gains, and which of both is more. */
function gains(evaluation: Evaluation, scales: readonly Scale[]): Contrasts {
  const [smallest, largest] = [scales[0], scales.at(-1)!];
  const pairs: [name: string, first: string, second: string][] = [
    ...scales.map(({ parameters, guard, fused }): [string, string, string] => [
      `gain of detection at ${short(parameters)} parameters`,
      fused,
      guard,
    ]),
    ["gain of the largest over the smallest guard", largest.guard, smallest.guard],
    // (fused at s − guard at s) − (guard at 20 s − guard at s): the guard at s cancels
    ["gain of detection at size s − gain of a guard at 20 s", smallest.fused, largest.guard],
  ];
  return Object.fromEntries(pairs.flatMap(([name, first, second]) =>
    GROUPS.flatMap((group) => {
      const [a, b] = [first, second].map((monitor) => ({ monitor, group, metric: RECALL }));
      const found = difference(evaluation, a, b);
      return found ? [[`${name}: ${group} ${RECALL}`, found] as const] : [];
    })
  ));
}

/** A row a size: recall of the guard, of the fusion, and the paired gain. */
function scaleTable(
  { scales, results, contrasts }: Findings,
  { seeds, synthetic }: Circumstances,
): Table {
  const recall = (monitor: string, group: string) =>
    percentCell(results[monitor][group].metrics[RECALL]);
  const contrast = (name: string, group: string) =>
    percentCell(contrasts[`${name}: ${group} ${RECALL}`] ?? null);
  return {
    title: TITLE,
    columns: [
      "parameters",
      ...GROUPS.flatMap((group) => [`${group}: guard`, "with detectors", "gain"]),
    ],
    rows: scales.map(({ parameters, guard, fused }) => [
      short(parameters),
      ...GROUPS.flatMap((group) => [
        recall(guard, group),
        recall(fused, group),
        contrast(`gain of detection at ${short(parameters)} parameters`, group),
      ]),
    ]),
    notes: [
      `Recall (TPR) in % at 1% FPR on ${results[scales[0].guard].id.nSafe} safe ID rows, ${
        meanOver(seeds)
      }, [95% interval]; gain in points.`,
      "overall: mean over groups with id; oodMean: without id. Detectors: perplexity and Mahalanobis distance, of the same size.",
      ...GROUPS.map((group) =>
        `${group}: the largest guard gains ${
          contrast("gain of the largest over the smallest guard", group)
        } points over the smallest; detection at the smallest gains ${
          contrast("gain of detection at size s − gain of a guard at 20 s", group)
        } more than that.`
      ),
      ...syntheticNotes(synthetic),
    ],
  };
}

/** Recall against parameters, with bands. */
function scaleFigure({ scales, results }: Findings, circumstances: Circumstances): Figure {
  const monitors = [GUARD, FUSED];
  const values = scales.flatMap(({ parameters, guard, fused }) =>
    [guard, fused].flatMap((name, m) =>
      GROUPS.flatMap((group) => {
        const value = results[name][group].metrics[RECALL];
        if (!value) return [];
        return [{ parameters, monitor: monitors[m], group, ...inPercent(value) }];
      })
    )
  );
  const x = {
    field: "parameters",
    type: "quantitative",
    scale: { type: "log", nice: false },
    title: "parameters (log scale)",
    axis: { values: scales.map(({ parameters }) => parameters), format: ".3~s", grid: false },
  };
  const y = { type: "quantitative", scale: { zero: true }, title: "recall at 1% FPR, %" };
  const color = { ...monitorColor(monitors), legend: { labelLimit: 0 } };
  return {
    title: { text: TITLE, subtitle: `bands: ${subtitleOf(circumstances)}` },
    data: { values },
    facet: { column: { field: "group", type: "nominal", sort: GROUPS, title: null } },
    spec: {
      width: 280,
      height: 240,
      layer: [
        chanceLine("y"),
        {
          mark: { type: "area", opacity: 0.2 },
          encoding: { x, color, y: { ...y, field: "low" }, y2: { field: "high" } },
        },
        {
          mark: { type: "line", point: true },
          encoding: { x, color, y: { ...y, field: "estimate" } },
        },
      ],
    },
  } as Figure;
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
