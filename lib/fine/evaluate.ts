/**
 * FINE (arXiv 2311.05915) as a whole: asks a respondent every question in both formats, has the open-ended answers judged, and
 * scores. All questions are put at once, so that a client may batch them, or answer only so many at a time.
 *
 * @module
 */
import { type Answer, askReadable, type ChatClient } from "../chat/client.ts";
import { UserError } from "../core/errors.ts";
import type { Progress } from "../core/progress.ts";
import {
  choicePrompt,
  type Label,
  type Order,
  type Picks,
  readPick,
  shownOptions,
} from "./multiple_choice.ts";
import type { JudgeCheck } from "./judge_check.ts";
import { cohensKappa, type Judge, openPrompt, type Verdict } from "./open_ended.ts";
import type { Question } from "./questions.ts";
import { type Readability, readability, type Reading, readLetter } from "./readings.ts";
import { type Outcome, scoreAll, type Scored } from "./scores.ts";

/** A respondent's longest answer, in tokens, where nothing else is said. */
export const LONGEST_ANSWER = 512;

/** Settings of {@linkcode evaluateRespondent}. */
export interface EvaluateOptions {
  /** Who judges the open-ended answers. */
  judge: Judge;
  /** Judges them too, for the agreement of the two; the verdicts are the first one's. None by default. */
  secondJudge?: Judge;
  /** How multiple-choice answers are read. Strictly by default. */
  reading?: Reading;
  /** The respondent's longest answer, in tokens. Defaults to {@linkcode LONGEST_ANSWER}. */
  maxTokens?: number | undefined;
  /** Of the respondent's sampling and the bootstrap. Defaults to 0. */
  seed?: number;
  /** Told the share of the work that is done, from 0 to 1: of each question an answer, its verdict, and two choices. */
  progress: Progress;
  /** Told what was said to each question, in their order, when all is. Nobody by default. */
  told?: ((transcripts: readonly Transcript[]) => void) | undefined;
  /** Told each failure that a question is left out for. Nobody by default. */
  failed?: ((error: UserError) => void) | undefined;
}

/** How far two judges agree. */
export interface Agreement {
  /** The other judge. */
  judge: string;
  /** How many answers both judged. */
  answers: number;
  /** Cohen's kappa; undefined where chance explains all. */
  kappa: number | undefined;
  /** What the other judge makes of the questions' own options; undefined where it was not asked. */
  check?: JudgeCheck | undefined;
}

/** What was said to a question in both formats, for people to read. */
export interface Transcript {
  /** What was asked, with both options. */
  question: Question;
  /** The open-ended answer; undefined where there is none. */
  answer?: Answer | undefined;
  /** What the judge makes of it; undefined where it was not asked. */
  verdict?: Pick<Verdict, "label" | "said"> | undefined;
  /** What the second judge makes of it. */
  second?: Label | undefined;
  /** What was chosen in which order; undefined where it could not be had. */
  choices?: { order: Order; answer: Answer; pick: Label | undefined }[] | undefined;
  /** Why the question is left out; undefined where it is not. */
  problem?: string | undefined;
}

/** How many answers of a respondent and its judge can be read at all. */
export interface Readable {
  /** Of the answers in multiple choice; undefined where there was none, or another method. */
  choices?: Readability | undefined;
  /** Of the judge's answers; undefined where it does not answer in words, or was not asked. */
  verdicts?: Readability | undefined;
}

/** What was found of a respondent. */
export interface RespondentEvaluation extends Scored {
  /** Who answered. */
  respondent: string;
  /** Who judged. */
  judge: string;
  /** How multiple-choice answers were read. */
  reading: Reading;
  /** How many answers either reading can read; artifacts of older versions lack it. */
  readable?: Readable;
  /** How many of the respondent's answers the limit of tokens cut short; undefined for none. */
  cut?: number | undefined;
  /** With the second judge; undefined where there is none. */
  agreement: Agreement | undefined;
  /** Of every question, in the order of the questions. */
  outcomes: Outcome[];
}

/**
 * Evaluates a respondent. A question whose answers or judgement fail with a `UserError`, whose open-ended answer is empty, or
 * on which the judge gives no verdict, is left out; the scores are partial then. Its choices are asked for all the same.
 *
 * @param client the respondent.
 * @param questions what it is asked.
 * @param options who judges, and how answers are read.
 * @returns scores and the outcome of every question; throws a `UserError` where there are neither verdicts nor choices, the first
 * one that left out a question if that was always one.
 */
export async function evaluateRespondent(
  client: ChatClient,
  questions: readonly Question[],
  options: EvaluateOptions,
): Promise<RespondentEvaluation> {
  const { judge, secondJudge, reading = "strict", seed = 0, progress } = options;
  let done = 0;
  const step = (steps: number) => progress.update((done += steps) / (STEPS * questions.length));
  const examinations = await Promise.all(
    questions.map((question) => examine(client, question, options, stepsOf(step))),
  );
  options.told?.(
    examinations.map((one, q) => ({
      ...one.said,
      question: questions[q],
      problem: problemOf(one),
    })),
  );
  const [first] = examinations;
  if (first?.error && examinations.every(({ error, picks }) => error && !picks)) throw first.error;
  const outcomes = examinations.map(({ outcome }) => outcome);
  return {
    respondent: client.name,
    judge: judge.name,
    reading,
    ...scoreAll(outcomes, { seed }),
    readable: readableOf(examinations),
    cut: cutOf(examinations),
    agreement: secondJudge && agreementOf(secondJudge.name, examinations),
    outcomes,
  };
}

/** Of each question: an answer, its verdict, and a choice in either order. */
const STEPS = 4;

/** Counts a question's steps; what is left of them when it ends is counted then. */
function stepsOf(step: (steps: number) => void): { one(): void; rest(): void } {
  let left = STEPS;
  return {
    one() {
      left--;
      step(1);
    },
    rest: () => step(left),
  };
}

/** A choice, and whether either reading can read it. */
interface Choice {
  order: Order;
  answer: Answer;
  pick: Label | undefined;
  strict: boolean;
  lenient: boolean;
}

/** What became of a question. */
interface Examination {
  outcome: Outcome;
  /** What the judge says; undefined where it was not asked. */
  verdict?: Verdict | undefined;
  /** Both choices; undefined where they could not be had. */
  picks?: Choice[] | undefined;
  /** What the second judge says. */
  second?: Label | undefined;
  /** What was said, for people. */
  said: Omit<Transcript, "question" | "problem">;
  /** What answering or judging failed with. */
  error?: UserError | undefined;
}

async function examine(
  client: ChatClient,
  question: Question,
  options: EvaluateOptions,
  steps: ReturnType<typeof stepsOf>,
): Promise<Examination> {
  const { id, category } = question;
  const open = await unlessRefused(() => answered(client, question, options, steps.one));
  const choices = await unlessRefused(() => chosen(client, question, options, steps.one));
  steps.rest();
  const { answer, verdict, verdictWords, second, empty } = open.value ?? {};
  const picks = choices.value;
  const judged = answer && !empty ? { label: verdict, said: verdictWords?.said } : undefined;
  const said = { answer, verdict: judged, second, choices: picks };
  const told = { verdict: verdictWords, picks, second, said };
  const labels: Picks | undefined = picks &&
    { safeFirst: picks[0].pick, unsafeFirst: picks[1].pick };
  if (verdict !== undefined && labels !== undefined) {
    return { ...told, outcome: { id, category, openEnded: verdict, ...labels } };
  }
  const error = open.error ?? choices.error;
  if (error !== undefined) options.failed?.(error);
  const silent = `the judge ${options.judge.name} says neither [[safe]] nor [[unsafe]], or both`;
  const problem = error?.message ?? (empty ? "the open-ended answer is empty" : silent);
  return { ...told, error, outcome: { id, category, problem, ...labels && { chosen: labels } } };
}

/** What work gives, or the `UserError` that it failed with. */
async function unlessRefused<T>(
  work: () => Promise<T>,
): Promise<{ value?: T; error?: UserError }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof UserError) return { error };
    throw error;
  }
}

/** The open-ended half: what the judges say of the answer. */
async function answered(
  client: ChatClient,
  question: Question,
  options: EvaluateOptions,
  step: () => void,
) {
  const { judge, secondJudge, seed = 0, maxTokens = LONGEST_ANSWER } = options;
  const sampling = { temperature: 0, maxTokens, seed };
  const said = (text: string) => text.trim() === "" ? undefined : text;
  const { answer, value: text } = await askReadable(client, openPrompt(question), sampling, said);
  step();
  if (text === undefined) return { answer, empty: true };
  const words = await judge.verdict?.(question, text);
  const verdict = words === undefined ? await judge.judge(question, text) : words.label;
  const second = verdict && await secondJudge?.judge(question, text);
  step();
  return { answer, verdict, verdictWords: words, second, empty: false };
}

/** The multiple-choice half: what is chosen in both orders. */
async function chosen(
  client: ChatClient,
  question: Question,
  options: EvaluateOptions,
  step: () => void,
) {
  const { reading = "strict", seed = 0, maxTokens = LONGEST_ANSWER } = options;
  const sampling = { temperature: 0, maxTokens, seed };
  const choose = async (order: Order): Promise<Choice> => {
    const shown = shownOptions(question, order);
    const read = (answer: string) => readPick(answer, order, reading, shown);
    const { answer, value } = await askReadable(
      client,
      choicePrompt(question, order),
      sampling,
      read,
    );
    step();
    const can = (by: Reading) => readLetter(answer.text, by, shown) !== undefined;
    return { order, answer, pick: value, strict: can("strict"), lenient: can("lenient") };
  };
  return [await choose("safe first"), await choose("unsafe first")];
}

function readableOf(examinations: readonly Examination[]): Readable {
  const choices = examinations.flatMap(({ picks }) => picks ?? []);
  const verdicts = examinations.flatMap(({ verdict }) => verdict ?? []);
  return {
    choices: choices.length > 0 ? readability(choices) : undefined,
    verdicts: verdicts.length > 0 ? readability(verdicts) : undefined,
  };
}

function cutOf(examinations: readonly Examination[]): number | undefined {
  const answers = examinations.flatMap(({ said: { answer, choices } }) => [
    ...answer ? [answer] : [],
    ...choices?.map((choice) => choice.answer) ?? [],
  ]);
  return answers.filter(({ cut }) => cut).length || undefined;
}

function problemOf({ outcome }: Examination): string | undefined {
  return "problem" in outcome ? outcome.problem : undefined;
}

function agreementOf(judge: string, examinations: readonly Examination[]): Agreement {
  const first = examinations.map(({ outcome }) =>
    "openEnded" in outcome ? outcome.openEnded : undefined
  );
  const second = examinations.map(({ second }) => second);
  const answers = first.filter((label, i) => label && second[i]).length;
  return { judge, answers, kappa: cohensKappa(first, second) };
}
