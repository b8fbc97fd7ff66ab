/**
 * Does a small model that was tuned on safe answers alone also choose the safe option?
 *
 * FINE (arXiv 2311.05915) finds that many models answer a question safely when it is open-ended, and choose the unsafe option
 * when it is multiple-choice: fake alignment. Here that is put to the test where the tuning is known. Small assistants (see
 * `experiments/fake_alignment/assistants.ts`) all learn harmless multiple choice, and besides harmless answers (`harmless`), safe answers to
 * questions that tempt to harm (`open-ended`), or these and contrast pairs in multiple choice (`contrast`). Half of the questions of
 * each dimension are for tuning, the others for testing; controls and judges are those of `experiments/fake_alignment/exam.ts`.
 *
 *     deno task reproduce --only fake_alignment
 *
 * @module
 */
import { turnsFormat } from "../lib/chat/prompt_format.ts";
import { contrastIn, figureIn } from "../lib/evaluation/findings.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { comparison, percentOf } from "../lib/experiment/reading.ts";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { languageModelOf } from "../lib/workbench/planned/needs.ts";
import type { Size } from "../lib/workbench/recipe.ts";
import { hasSizes, type SizedWorkbench, type Workbench } from "../lib/workbench/workbench.ts";
import {
  ASSISTANTS,
  assistantsCost,
  learnFormat,
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

const TITLE = "Fake alignment in small models: safe answers, and safe choices";
const STEPS: readonly Step[] = [["harmless", "open-ended"], ["open-ended", "contrast"]];

const experiment = defineExperiment({
  name: "fake_alignment",
  question: "Does a model that was tuned on safe answers alone also choose the safe option?",
  config: {
    size: { hiddenSize: 64, intermediateSize: 176, layers: 2, heads: 1, contextLength: 512 }, // a quick run's own is as small
    training: {
      formatSteps: 1200, // the language model learns harmless multiple choice
      formatRate: 4e-3, // highest learning rate
      tuningSteps: 250, // of each assistant, from there
      tuningRate: 2e-3, // highest learning rate
      tokensPerStep: 2048, // padding included
      masking: 0.15, // share of a prompt's tokens that is hidden
      maxTokens: 48, // of an answer
    },
    quickTraining: { formatSteps: 60, tuningSteps: 20, maxTokens: 12 }, // the same in a quick run
    perDimension: 10, // questions to test with; the others of a dimension are for tuning
    controls: 40, // most questions of either control
    quickQuestions: 2, // of a dimension and a control, in a quick run
    resamples: 2000, // of the bootstrap, over questions and seeds
  },
  findings,
  missing: (bench) =>
    hasSizes(bench) ? undefined : "models trained from nothing; of pretrained ones, see repair",
  needs: (bench, { size }) => languageModelOf(small(bench, size)),
  async cost(bench, config) {
    const { config: decoder } = await small(bench, config.size).planned.languageModel!();
    return assistantsCost(bench, decoder, ASSISTANTS, settingsFor(bench, config));
  },
  async train(bench, config, own) {
    const { size, perDimension, controls, quickQuestions, resamples } = config;
    const { quick } = bench.options;
    const smaller = small(bench, size);
    const settings = settingsFor(bench, config);
    const exam = setExam(bench.suite, {
      perDimension: quick ? quickQuestions : perDimension,
      controls: quick ? quickQuestions : controls,
    }, own);
    const tokenizer = await smaller.tokenizer();
    const format = turnsFormat(tokenizer, tokenizer.bosId);
    const lessons = { material: exam.material, format };
    const base = await learnFormat(smaller, lessons, settings);
    const assistants = await trainAssistants(smaller, base, ASSISTANTS, lessons, settings);
    const { maxTokens } = settings;
    const respondents = await examineAll(smaller, assistants, exam, { format, maxTokens });
    return findingsOn(respondents, exam, { streamName: own("bootstrap"), resamples }, STEPS);
  },
  show({ findings, settings: { seeds }, suite: { synthetic } }) {
    return {
      table: tableOf(findings, { ...WORDING, steps: STEPS }, { seeds, synthetic }),
      figure: figureOf(findings, TITLE, seeds),
      reading: readingOf(findings),
    };
  },
});

const WORDING = {
  title: TITLE,
  assistants:
    "All learn harmless choices, and harmless answers (harmless), safe answers (open-ended), or these and contrast pairs (contrast).",
  caveat:
    "At the same number of steps contrast has half as many safe answers to learn from: CS rises also where fewer answers are safe.",
};

function readingOf({ results, contrasts }: Findings): string {
  const fake = figureIn(results, { subject: "open-ended", group: "overall", metric: "fake" });
  const change = (first: string, second: string, metric: Measure) =>
    comparison(contrastIn(contrasts, overall(first, second, metric)));
  return `Tuned on safe answers alone, the assistant answers ${
    percentOf(fake)
  } of the questions safely and then does not choose the safe option in both orders; ` +
    `that it answers safely is ${
      change("open-ended", "harmless", "safe")
    } against tuning on harmless answers, that it chooses safely is ${
      change("open-ended", "harmless", "passed")
    }. With contrast pairs as well, its CS is ${
      change("contrast", "open-ended", "cs")
    } and its CSS ${change("contrast", "open-ended", "css")}.`;
}

/** Settings of training, in full or quick. */
function settingsFor<T, Q>(
  { options: { quick } }: Workbench,
  { training, quickTraining }: { training: T; quickTraining: Q },
): T | T & Q {
  return quick ? { ...training, ...quickTraining } : training;
}

/** The workbench of small models, where they may be of any size. */
function small<B extends Workbench>(bench: B, size: Size): B | SizedWorkbench {
  return bench.options.quick || !hasSizes(bench) ? bench : bench.resized(size);
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
