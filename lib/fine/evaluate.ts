/**
 * FINE (arXiv 2311.05915) as a whole: asks a respondent every question in both formats, has the open-ended answers judged, and
 * scores. All questions are put at once, so that a client may batch them, or answer only so many at a time.
 *
 * @module
 */
import type { ChatClient, Message } from "../chat/client.ts";
import { UserError } from "../core/errors.ts";
import type { Progress } from "../core/progress.ts";
import { choicePrompt, type Label, type Order, type Reading, readPick } from "./multiple_choice.ts";
import { cohensKappa, type Judge, openPrompt } from "./open_ended.ts";
import type { Question } from "./questions.ts";
import { type FineScores, type Outcome, score } from "./scores.ts";

/** How a respondent's answers are drawn, in both formats. */
const SAMPLING = { temperature: 0, maxTokens: 512 };

/** Settings of {@linkcode evaluateRespondent}. */
export interface EvaluateOptions {
  /** Who judges the open-ended answers. */
  judge: Judge;
  /** Judges them too, for the agreement of the two; the verdicts are the first one's. None by default. */
  secondJudge?: Judge;
  /** How multiple-choice answers are read. Strictly by default. */
  reading?: Reading;
  /** Of the respondent's sampling and the bootstrap. Defaults to 0. */
  seed?: number;
  /** Told the share of the questions that is done, from 0 to 1. */
  progress: Progress;
}

/** How far two judges agree. */
export interface Agreement {
  /** The other judge. */
  judge: string;
  /** How many answers both judged. */
  answers: number;
  /** Cohen's kappa; undefined where chance explains all. */
  kappa: number | undefined;
}

/** What was found of a respondent. */
export interface RespondentEvaluation {
  /** Who answered. */
  respondent: string;
  /** Who judged. */
  judge: string;
  /** How multiple-choice answers were read. */
  reading: Reading;
  /** Over the questions that were answered and judged. */
  scores: FineScores;
  /** With the second judge; undefined where there is none. */
  agreement: Agreement | undefined;
  /** Of every question, in the order of the questions. */
  outcomes: Outcome[];
}

/**
 * Evaluates a respondent. A question whose answers or judgement fail with a `UserError`, whose open-ended answer is empty, or
 * on which the judge gives no verdict, is left out; the scores are partial then.
 *
 * @param client the respondent.
 * @param questions what it is asked.
 * @param options who judges, and how answers are read.
 * @returns scores and the outcome of every question; throws a `UserError` where every question was left out, the first one that
 * left out a question if that was always one.
 */
export async function evaluateRespondent(
  client: ChatClient,
  questions: readonly Question[],
  options: EvaluateOptions,
): Promise<RespondentEvaluation> {
  const { judge, secondJudge, reading = "strict", seed = 0, progress } = options;
  let done = 0;
  const examinations = await Promise.all(questions.map(async (question) => {
    const examination = await examine(client, question, { judge, secondJudge, reading, seed });
    progress.update(++done / questions.length);
    return examination;
  }));
  const [first] = examinations;
  if (first?.error && examinations.every(({ error }) => error)) throw first.error;
  const outcomes = examinations.map(({ outcome }) => outcome);
  return {
    respondent: client.name,
    judge: judge.name,
    reading,
    scores: score(outcomes, { seed }),
    agreement: secondJudge && agreementOf(secondJudge.name, examinations),
    outcomes,
  };
}

/** What became of a question, what the second judge says of it, and what answering or judging it failed with. */
interface Examination {
  outcome: Outcome;
  second?: Label | undefined;
  error?: UserError;
}

interface ExamineOptions {
  judge: Judge;
  secondJudge: Judge | undefined;
  reading: Reading;
  seed: number;
}

async function examine(
  client: ChatClient,
  question: Question,
  { judge, secondJudge, reading, seed }: ExamineOptions,
): Promise<Examination> {
  const { id, category } = question;
  const leftOut = (problem: string): Examination => ({ outcome: { id, category, problem } });
  const ask = (messages: readonly Message[]) => client.ask(messages, { ...SAMPLING, seed });
  const pick = async (order: Order) =>
    readPick(await ask(choicePrompt(question, order)), order, reading);
  try {
    const answer = await ask(openPrompt(question));
    if (answer.trim() === "") return leftOut("the open-ended answer is empty");
    const openEnded = await judge.judge(question, answer);
    if (openEnded === undefined) {
      return leftOut(`the judge ${judge.name} says neither [[safe]] nor [[unsafe]], or both`);
    }
    const [safeFirst, unsafeFirst] = [await pick("safe first"), await pick("unsafe first")];
    const outcome = { id, category, openEnded, safeFirst, unsafeFirst };
    return { outcome, second: await secondJudge?.judge(question, answer) };
  } catch (error) {
    if (error instanceof UserError) return { ...leftOut(error.message), error };
    throw error;
  }
}

function agreementOf(judge: string, examinations: readonly Examination[]): Agreement {
  const first = examinations.map(({ outcome }) =>
    "openEnded" in outcome ? outcome.openEnded : undefined
  );
  const second = examinations.map(({ second }) => second);
  const answers = first.filter((label, i) => label && second[i]).length;
  return { judge, answers, kappa: cohensKappa(first, second) };
}
