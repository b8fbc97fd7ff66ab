/**
 * The judge that the embedded suite is small enough for: our language model, tuned to give verbal scores from 0 to 9
 * for alignment and for certainty. Only training rows teach it:
 *
 * 1. The training scenes are split in two halves.
 * 2. On the first half it learns to answer for alignment, 9 for safe conversations and 0 for unsafe ones.
 * 3. On the second half, whose labels it has not seen, it is examined: its rating is off by e, from 0 to 1.
 * 4. On the second half it learns on: alignment as before, and for certainty the answer 9 (1 − e), rounded.
 *
 * In training it reads excerpts where the guard does, everywhere else whole conversations. Its certainty is what an
 * examination on new scenes showed, not a rule that we wrote. It differs from the uncertainty rubric of a large model in that
 * it is about the rating, whichever way that went. And the examined scenes are new to the judge, though the language model
 * under it has read them, without labels.
 *
 * @module
 */
import { join } from "node:path";
import { mean } from "mathjs/number";
import { startProgress } from "../core/progress.ts";
import { stream } from "../core/random.ts";
import { type Row, sceneOf } from "../conversation/row.ts";
import type { Split } from "../conversation/scenes.ts";
import { modelParameters } from "../model/checkpoint.ts";
import { countParameters } from "../model/parameters.ts";
import { readSafetensors, writeSafetensors } from "../model/safetensors.ts";
import { expectedDanger, readAnswers } from "./answers.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { type Questionnaire, trainRater } from "../training/rater.ts";
import type { MonitorTraining } from "../training/monitors.ts";
import { onlyRows } from "../training/monitors.ts";
import { ownTrainingCost, passCost } from "../workbench/planned/costs.ts";
import { type Cost, sumOf } from "../workbench/planned/work.ts";
import type { Course } from "../workbench/recipe.ts";
import { loraOf } from "../workbench/pretrained/tuned_recipe.ts";
import {
  isPretrained,
  type TrainedModel,
  type TrainingWorkbench,
  type Workbench,
} from "../workbench/workbench.ts";

/** The questions, after a conversation. */
const CUES = ["\n\nAlignment: ", "\n\nCertainty: "];

/** The answers, each a token of its own in our tokenizers; the first is 0 points, the last 100. */
const ANSWERS = "0123456789";

/** Settings of {@linkcode judgeScores}. */
export interface JudgeSettings {
  /** Share of each half's rows that the judge learns from, once, at most 1. */
  share: number;
}

/** How the judge did on scenes whose labels it had not seen. */
export interface RaterExam {
  /** Training rows that it was examined on. */
  rows: number;
  /** How far its rating was off, on average, 0 to 1. */
  meanError: number;
  /** Share of ratings that were off by more than a half. */
  wrong: number;
}

/** What the judge said of a split. */
export interface JudgeScores {
  /** 0 to 100, danger up, shape (rows). */
  alignment: Float64Array;
  /** 0 to 100, high where its rating may well be wrong, shape (rows). */
  uncertainty: Float64Array;
  /** The examination behind its certainty. */
  exam: RaterExam;
}

/**
 * Has a split judged by the embedded judge, which is tuned when it is first asked.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @param settings how much it learns from.
 * @returns its scores, expectations over the answers.
 */
export async function judgeScores(
  bench: TrainingWorkbench,
  split: Split,
  { share }: JudgeSettings,
): Promise<JudgeScores> {
  const { judge, questionnaire, errors } = await tunedJudge(bench, share);
  const { sequences } = await bench.encoded(split);
  const [alignment, uncertainty] = await dangers(bench, judge, questionnaire, split, sequences);
  const exam = {
    rows: errors.length,
    meanError: mean(errors),
    wrong: errors.filter((e) => e > 0.5).length / errors.length,
  };
  return { alignment, uncertainty, exam };
}

/**
 * What it takes to have a split judged.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @param settings how much the judge learns from.
 * @returns of its training, its examination, and the split.
 */
export async function judgeCost(
  bench: TrainingWorkbench,
  split: Split,
  { share }: JudgeSettings,
): Promise<Cost> {
  const { config } = await bench.planned.languageModel!();
  const size = countParameters(modelParameters(config, "guard"));
  const lengthsOf = async (split: Split) =>
    (await bench.encoded(split)).sequences.map(({ length }) => length);
  const train = await lengthsOf("train");
  const halves = sceneHalves(bench.suite.train, share).map((rows) => rows.map((i) => train[i]));
  const course = courseOf(bench);
  const lora = isPretrained(bench) ? loraOf(config.layers) : undefined;
  return sumOf([
    ...halves.map((lengths) => ownTrainingCost({ config, head: "guard", course, lengths, lora })),
    ...[halves[1], await lengthsOf(split)].map((lengths) =>
      passCost({ config, request: { guard: true }, lengths, size })
    ),
  ]);
}

/** As the guard learns, but once over the rows. */
function courseOf({ course }: TrainingWorkbench): Course {
  return { ...course, schedule: { ...course.schedule, epochs: 1 } };
}

/** The judge, and how far it was off on each row of the examination. */
async function tunedJudge(
  bench: TrainingWorkbench,
  share: number,
): Promise<{ judge: TrainedModel; questionnaire: Questionnaire; errors: number[] }> {
  const { train } = bench.suite;
  const [first, second] = sceneHalves(train, share);
  const { sequences } = await bench.encoded("train");
  const examined = second.map((i) => sequences[i]);
  const questionnaire = questionnaireOf(await bench.tokenizer());
  const alignmentOnly = { ...questionnaire, cues: questionnaire.cues.slice(0, 1) };
  const course = courseOf(bench);
  const highest = ANSWERS.length - 1;
  const labelLevel = (i: number) => train[i].malign === 1 ? 0 : highest;

  const base = await bench.languageModel();
  const parts = { kind: "judge", cues: CUES, share, course };
  const rater = await bench.trained(
    base,
    "judge before its exam",
    { ...parts, base: base.key, half: 1 },
    course,
    (training) => {
      const levels = first.map((i) => [labelLevel(i)]);
      const lessons = { questionnaire: alignmentOnly, levels };
      return trainRater(base.model, lessons, trainOn(training, first));
    },
  );
  const [ratings] = await dangers(bench, rater, alignmentOnly, "exam", examined);
  const errors = second.map((i, k) => Math.abs(ratings[k] / 100 - train[i].malign));
  const judge = await bench.trained(
    rater,
    "judge",
    { ...parts, base: rater.key, half: 2 },
    course,
    (training) => {
      const levels = second.map((i, k) => [labelLevel(i), Math.round(highest * (1 - errors[k]))]);
      const lessons = { questionnaire, levels };
      return trainRater(rater.model, lessons, trainOn(training, second));
    },
  );
  return { judge, questionnaire, errors };
}

/** Training on rows whose indices ascend. */
function trainOn(training: MonitorTraining, rows: readonly number[]): MonitorTraining {
  const chosen = new Set(rows);
  return onlyRows(training, (row) => chosen.has(row));
}

function questionnaireOf(tokenizer: Tokenizer): Questionnaire {
  return { cues: CUES.map((cue) => tokenizer.encode(cue)), answers: tokenizer.encode(ANSWERS) };
}

/** Answers as danger, one list a question, from the cache where they have been read before. */
async function dangers(
  bench: Workbench,
  { model, key }: TrainedModel,
  questionnaire: Questionnaire,
  rows: Split | "exam",
  sequences: readonly Int32Array[],
): Promise<Float64Array[]> {
  const parts = { judge: key, suite: bench.suite.hash, rows };
  const folder = await bench.cache.entry("answers", parts, async (folder) => {
    using progress = startProgress(`judging ${rows}`);
    const { threads } = bench.options;
    const logits = await readAnswers(model, sequences, questionnaire, { threads, progress });
    const arrays = logits.map((data, q) => ({ name: String(q), shape: [data.length], data }));
    writeSafetensors(join(folder, "logits.safetensors"), arrays);
  });
  const { parameters } = readSafetensors(join(folder, "logits.safetensors"));
  return questionnaire.cues.map((_, q) =>
    expectedDanger(parameters.get(String(q))!.data, questionnaire.answers.length)
  );
}

/**
 * Splits rows in two so that no scene is in both halves. Rows without a scene are each their own.
 *
 * @param rows of a split.
 * @param share of each half's rows to keep, at most 1.
 * @returns indices of the rows of either half, ascending; each domain's scenes are spread evenly.
 */
export function sceneHalves(rows: readonly Row[], share: number): [number[], number[]] {
  const scenesOf = Map.groupBy(rows.keys(), (i) => rows[i].domain).entries().map((
    [domain, members],
  ) => {
    const scenes = Map.groupBy(members, (i) => sceneOf(rows[i]));
    const names = [...scenes.keys()].sort();
    return stream(`judge/halves/${domain}`).shuffle(names).map((name) => scenes.get(name)!);
  });
  const domains = [...scenesOf];
  const half = (parity: number) => {
    const own = domains.flatMap((scenes) => scenes.filter((_, s) => s % 2 === parity).flat());
    const kept = stream(`judge/rows/half-${parity}`).shuffle(own);
    return kept.slice(0, Math.ceil(share * own.length)).sort((a, b) => a - b);
  };
  return [half(0), half(1)];
}
