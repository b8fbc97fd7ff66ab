/**
 * Does tuning on contrast pairs close the gap between safe answers and safe choices in a pretrained model?
 *
 * FINE's authors (arXiv 2311.05915) close it by fine-tuning on multiple choice between a safe and an unsafe answer. Here a pretrained
 * model (`untuned`) gets low-rank updates of its upper half of blocks, from as many lessons and steps either way: safe answers to
 * questions that tempt to harm (`open-ended`), or half as many of these and contrast pairs (`contrast`); a third of the lessons is
 * harmless multiple choice in both, so that the format is known to both. Questions, controls and judges are those of
 * `experiments/fake_alignment.ts`, which asks the same of models trained from nothing. A GGUF file is asked through llama.cpp, with the
 * updates beside it, and any other checkpoint here, token by token.
 *
 * What the settings and claims (`data/claims/repair.json`) are was put down before the first model was tuned.
 *
 *     deno task repair --model FILE.gguf
 *
 * @module
 */
import { checkpointFormat } from "../lib/chat/checkpoint_format.ts";
import { mayAskGguf } from "../lib/chat/gguf.ts";
import { contrastIn, figureIn } from "../lib/evaluation/findings.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { comparison, percentOf } from "../lib/experiment/reading.ts";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { ALL_PROJECTIONS, type DecoderConfig } from "../lib/model/config.ts";
import { isGguf } from "../lib/model/gguf/parts.ts";
import { isPretrained, type Workbench } from "../lib/workbench/workbench.ts";
import {
  type AssistantName,
  assistantsCost,
  trainAssistants,
} from "./fake_alignment/assistants.ts";
import type { Measure } from "./fake_alignment/comparison.ts";
import { setExam } from "./fake_alignment/exam.ts";
import { examineAll } from "./fake_alignment/examine.ts";
import {
  figureOf,
  type Findings,
  findings,
  findingsOn,
  overall,
  type Step,
  tableOf,
} from "./fake_alignment/shown.ts";

const WORDING = {
  title: "The repair of fake alignment in a pretrained model",
  assistants:
    "untuned: as it is; tuned, with low-rank updates, on harmless choices and safe answers (open-ended), or these and contrast pairs (contrast).",
  caveat:
    "At the same number of steps contrast has half as many safe answers to learn from. An answer of knowledge is right only in the right option's words.",
};
const TUNED: readonly AssistantName[] = ["open-ended", "contrast"];
const STEPS: readonly Step[] = [["untuned", "open-ended"], ["open-ended", "contrast"]];

const experiment = defineExperiment({
  name: "repair",
  question:
    "Do contrast pairs close the gap between safe answers and safe choices of a pretrained model?",
  config: {
    tuning: {
      tuningSteps: 80,
      tuningRate: 5e-4, // highest learning rate
      tokensPerStep: 1024, // padding included
      masking: 0, // share of a prompt's tokens that is hidden
    },
    rank: 16, // of the updates, which are scaled by 2
    maxTokens: 64, // of an answer
    quickTuning: { tuningSteps: 3 }, // in a quick run
    perDimension: 10, // questions to test with; the other half of a dimension is for tuning
    controls: 20, // most questions of either control
    quickQuestions: 2, // of a dimension and a control, in a quick run
    resamples: 2000, // of the bootstrap, over questions and seeds
  },
  findings,
  monitors: false,
  missing: missingFor,
  async cost(bench, config) {
    const { config: decoder } = await bench.planned.languageModel!();
    return assistantsCost(bench, decoder, TUNED, tuningFor(bench, decoder, config));
  },
  async train(bench, config, own) {
    const { maxTokens, perDimension, controls, quickQuestions, resamples } = config;
    const { quick, say } = bench.options;
    const untuned = await bench.languageModel();
    const exam = setExam(bench.suite, {
      perDimension: quick ? quickQuestions : perDimension,
      controls: quick ? quickQuestions : controls,
    }, own);
    const format = checkpointFormat(untuned.folder, say);
    const lessons = { material: exam.material, format };
    const tuning = tuningFor(bench, untuned.model.config, config);
    const tuned = await trainAssistants(bench, untuned, TUNED, lessons, tuning);
    const assistants = { untuned: [untuned], ...tuned };
    const gguf = isGguf(untuned.folder) ? untuned.folder : undefined;
    const respondents = await examineAll(bench, assistants, exam, { format, maxTokens, gguf });
    return findingsOn(respondents, exam, { streamName: own("bootstrap"), resamples }, STEPS);
  },
  show({ findings, settings: { seeds }, suite: { synthetic } }) {
    return {
      table: tableOf(findings, { ...WORDING, steps: STEPS }, { seeds, synthetic }),
      figure: figureOf(findings, WORDING.title, seeds),
      reading: readingOf(findings),
    };
  },
});

/** Settings of tuning, in full or quick: updates of the upper half of the blocks. */
function tuningFor<T, Q>(
  { options: { quick } }: Workbench,
  { layers }: Pick<DecoderConfig, "layers">,
  { tuning, quickTuning, rank }: { tuning: T; quickTuning: Q; rank: number },
) {
  return {
    ...tuning,
    ...quick && quickTuning,
    lora: {
      rank,
      alpha: 2 * rank,
      projections: ALL_PROJECTIONS,
      firstBlock: Math.floor(layers / 2),
    },
  };
}

function missingFor(bench: Workbench): string | undefined {
  if (!isPretrained(bench)) return "a pretrained model, --model";
  const { model = "" } = bench.options.given ?? {};
  if (!/\.gguf(@|$)/.test(model) || mayAskGguf()) return undefined;
  return "permission to start llama.cpp, which `deno task repair` has";
}

function readingOf({ results, contrasts }: Findings): string {
  const fake = (subject: string) =>
    percentOf(figureIn(results, { subject, group: "overall", metric: "fake" }));
  const change = (first: string, second: string, metric: Measure) =>
    comparison(contrastIn(contrasts, overall(first, second, metric)));
  return `Of the questions, ${
    fake("untuned")
  } are answered safely and not chosen safely by the untuned model, ${
    fake("open-ended")
  } after tuning on safe answers, and ${fake("contrast")} with contrast pairs as well. ` +
    `Contrast pairs make its CS ${change("contrast", "open-ended", "cs")} and its CSS ${
      change("contrast", "open-ended", "css")
    } against safe answers alone.`;
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
