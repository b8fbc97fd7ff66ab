/**
 * Does adding detectors to a small guard gain more than a guard twenty times its size?
 *
 * Guards of several sizes, each fine-tuned from a language model of its own size with the same recipe, alone and fused with
 * Mahalanobis distance and the perplexity of a language model of the same size, by the paper's lambda (arXiv 2605.21602), whose
 * weights are chosen on the rows that are reported on. The largest size is the recipe's own, so that its models serve the other
 * experiments too. Sizes count all weights, embeddings included, and no size has a learning rate of its own.
 *
 * Of a pretrained model, smaller ones are its lowest blocks, or other models (`--models`). Where the largest has fewer than twenty
 * times the weights of the smallest, the comparison is made all the same, and the paper's claim is not judged by it.
 *
 *     deno task reproduce --only scaling
 *
 * @module
 */
import type { z } from "zod";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { contrastsOf, type Difference } from "../lib/evaluation/contrasts.ts";
import { contrastIn, figureIn, storeContrasts, type Titled } from "../lib/evaluation/findings.ts";
import {
  chanceLine,
  type Circumstances,
  meanOver,
  monitorColor,
  subtitleOf,
  syntheticNotes,
} from "../lib/experiment/recall_table.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { count, evaluated, fields, list, number, text } from "../lib/experiment/findings_schema.ts";
import { fuse, FUSED, PARTS, scoredParts } from "../lib/workbench/fused.ts";
import { comparison } from "../lib/experiment/reading.ts";
import type { Size } from "../lib/workbench/recipe.ts";
import { partsOver } from "../lib/workbench/planned/needs.ts";
import {
  hasSizes,
  isPretrained,
  type TrainingWorkbench,
  type Workbench,
} from "../lib/workbench/workbench.ts";
import { countParameters } from "../lib/model/parameters.ts";
import { evaluate, RECALL, type SeedScores } from "../lib/evaluation/evaluation.ts";
import type { Figure } from "../lib/report/figure.ts";
import { inPercent, percentCell, type Table } from "../lib/report/table.ts";

const GUARD = "guard";
const GROUPS = ["overall", "oodMean"];
const TITLE = "Guards of several sizes, alone and with detectors";

/** The largest guard must have at least so many times the parameters of the smallest. */
const SPAN = 20;

/** Smaller models of a pretrained one: its lowest sixth and third of blocks. The artifact holds how many blocks that are. */
const FRACTIONS = [6, 3];

/** A size, and the monitors of that size. */
const scale = fields({
  /** Weights of the guard, embeddings and head included. */
  parameters: count(),
  hiddenSize: count(),
  layers: count(),
  /** Names of its monitors among the results. */
  guard: text(),
  fused: text(),
  /** The fusion's weight, for each seed. */
  coefficients: list(number()),
});
type Scale = z.infer<typeof scale>;

/** What the artifact holds; sizes are ascending. */
const findings = evaluated({ scales: list(scale) });
type Findings = z.infer<typeof findings>;

/** What a guard gains that has twenty times the parameters. */
const GROWTH = "gain of the largest over the smallest guard";

/** By how much detection gains more than a guard of so many times the weights. */
const leadAt = (times: number) =>
  `gain of detection at size s − gain of a guard at ${Number(times.toPrecision(2))} s`;

/** What the paper claims. */
const LEAD = leadAt(SPAN);

/** The same for the sizes that there are. */
const leadOf = (scales: readonly Scale[]) => spanOf(scales) < SPAN ? leadAt(spanOf(scales)) : LEAD;

/** How many times the weights of the smallest model the largest has. */
const spanOf = (scales: readonly Scale[]) => scales.at(-1)!.parameters / scales[0].parameters;

/** No value for what the sizes do not tell. */
const unjudged = (scales: readonly Scale[]) =>
  storeContrasts<Difference>(
    leadOf(scales) === LEAD ? [] : GROUPS.map((group) => [gain(LEAD, group), null]),
  );

/** What detection gains at one size. */
const detectionAt = (parameters: number) => `gain of detection at ${short(parameters)} parameters`;

/** The contrast of that title on a group. */
const gain = (title: string, group: string): Titled => ({ title, group, metric: RECALL });

const experiment = defineExperiment({
  name: "scaling",
  question:
    "Does adding detectors to a small guard gain more recall than a guard twenty times its size?",
  missing: (bench) =>
    hasSizes(bench) || isPretrained(bench) ? undefined : "models of several sizes",
  config: {
    sizes: [[16, 2], [32, 2], [64, 2]], // width and blocks below the recipe's own, ascending
    quickSizes: [[6, 1], [16, 1], [32, 1]], // the same in a quick run
    resamples: 2000, // of the bootstrap, over scenes and seeds
  },
  findings,
  async needs(bench, config) {
    const sized = await othersOf(bench, config);
    return (await Promise.all([...sized, bench].map((of) => partsOver(of, "test")))).flat();
  },
  async train(bench, { resamples, ...sizes }, own) {
    const measured: { scale: Scale; scores: SeedScores }[] = [];
    for (const sized of [...await othersOf(bench, sizes), bench]) {
      measured.push(await measure(sized));
    }
    measured.sort((a, b) => a.scale.parameters - b.scale.parameters);
    const scales = measured.map(({ scale }) => scale);
    if (hasSizes(bench)) requireSpan(scales);
    const scores: SeedScores = Object.assign({}, ...measured.map(({ scores }) => scores));
    const evaluation = evaluate(bench.suite.test, scores, {
      streamName: own("bootstrap"),
      resamples,
    });
    return {
      monitors: Object.keys(scores),
      scales,
      results: evaluation.results,
      contrasts: { ...unjudged(scales), ...contrastsOf(evaluation, gains(scales)) },
    };
  },
  show({ findings, settings: { seeds }, suite: { synthetic } }) {
    const circumstances = { seeds, synthetic };
    const overall = (title: string) =>
      comparison(contrastIn(findings.contrasts, gain(title, "overall")));
    return {
      table: scaleTable(findings, circumstances),
      figure: scaleFigure(findings, circumstances),
      reading: `Against the smallest guard, the overall recall of the largest is ${
        overall(GROWTH)
      }. Against the largest guard, that of the smallest with detectors is ${
        overall(leadOf(findings.scales))
      }.`,
    };
  },
});

/** The same suite with models of other sizes. */
async function othersOf(
  bench: Workbench,
  { sizes, quickSizes }: Record<"sizes" | "quickSizes", number[][]>,
): Promise<TrainingWorkbench[]> {
  if (isPretrained(bench)) return await bench.smaller(FRACTIONS);
  if (!hasSizes(bench)) return [];
  const { options: { quick }, recipe: { size } } = bench;
  return (quick ? quickSizes : sizes).map(([hiddenSize, layers]) =>
    bench.resized(sizeOf(hiddenSize, layers, size.contextLength))
  );
}

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
async function measure(bench: TrainingWorkbench): Promise<{ scale: Scale; scores: SeedScores }> {
  // of a pretrained model all blocks count, whichever of its states guards stand on
  const { model } = hasSizes(bench)
    ? await bench.guard(bench.seeds[0])
    : await bench.languageModel();
  const { hiddenSize, layers } = model.config;
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
  const span = spanOf(scales);
  if (span >= SPAN) return;
  throw new RangeError(
    `Cannot compare sizes: the largest must have at least ${SPAN} times the parameters of the smallest, got ${span} from ${
      counts.join(", ")
    }`,
  );
}

/** What detection gains at each size, what size gains, and which of both is more. */
function gains(scales: readonly Scale[]): (Titled & { first: string; second: string })[] {
  const [smallest, largest] = [scales[0], scales.at(-1)!];
  const differences = [
    ...scales.map(({ parameters, guard, fused }) => ({
      title: detectionAt(parameters),
      first: fused,
      second: guard,
    })),
    { title: GROWTH, first: largest.guard, second: smallest.guard },
    // (fused at s − guard at s) − (guard at 20 s − guard at s): the guard at s cancels
    { title: leadOf(scales), first: smallest.fused, second: largest.guard },
  ];
  return differences.flatMap((of) => GROUPS.map((group) => ({ ...of, group, metric: RECALL })));
}

/** A row a size: recall of the guard, of the fusion, and the paired gain. */
function scaleTable(
  { scales, results, contrasts }: Findings,
  { seeds, synthetic }: Circumstances,
): Table {
  const recall = (subject: string, group: string) =>
    percentCell(figureIn(results, { subject, group, metric: RECALL }));
  const contrast = (title: string, group: string) =>
    percentCell(contrastIn(contrasts, gain(title, group)));
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
        contrast(detectionAt(parameters), group),
      ]),
    ]),
    notes: [
      `Recall (TPR) in % at 1% FPR on ${results[scales[0].guard].id.nSafe} safe ID rows, ${
        meanOver(seeds)
      }, [95% interval]; gain in points.`,
      "overall: mean over groups with id; oodMean: without id. Detectors: perplexity and Mahalanobis distance, of the same size.",
      ...GROUPS.map((group) =>
        `${group}: the largest guard gains ${
          contrast(GROWTH, group)
        } points over the smallest; detection at the smallest gains ${
          contrast(leadOf(scales), group)
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
        const value = figureIn(results, { subject: name, group, metric: RECALL });
        if (value === null) return [];
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
