/**
 * `deno task fine`: respondents are asked questions in both formats, judged, scored and set on the leaderboard; or the options of
 * new questions are written.
 *
 * @module
 */
import { basename, join } from "node:path";
import type { ChatClient } from "../chat/client.ts";
import { suggestName, UsageError, type UserError } from "../core/errors.ts";
import { makeFolder, writeFileAtomic } from "../core/files.ts";
import { hashOf } from "../core/json.ts";
import { startWaiting } from "../core/progress.ts";
import type { Table } from "../report/table.ts";
import type { Workbench } from "../workbench/workbench.ts";
import { type FineArtifact, type QuestionSet, readArtifacts, writeArtifact } from "./artifact.ts";
import { type EvaluateOptions, evaluateRespondent } from "./evaluate.ts";
import type { FineFlags } from "./flags.ts";
import { checkJudge } from "./judge_check.ts";
import { openJudges, type SeatedJudge } from "./ask/judges.ts";
import { leaderboardFigure } from "./show/leaderboard.ts";
import { constructOptions, questionsToJsonl, readOpenQuestions } from "./options.ts";
import { passingOver } from "./passed_over.ts";
import { DIMENSIONS, type Question, readQuestions } from "./questions.ts";
import { unreliable } from "./reliability.ts";
import { ggufOpener } from "./ask/kept.ts";
import { openRespondents, type Respondent, type RespondentContext } from "./ask/respondents.ts";
import { describeLeftOut, type Outcome, scoreAll } from "./scores.ts";
import { fineTable, verdictTable } from "./show/table.ts";

const DATA = join(import.meta.dirname!, "../../data/fine");
const OWN = "this project's"; // what our own questions are called in tables

/** What is asked of whom, as the flags say. */
export interface FineOptions extends FineFlags {
  /** Threads of a local model. */
  threads: number;
  /** Folder of the cache. */
  cache: string;
}

/** Who is told of the work, and where a guard comes from. */
export interface FineContext {
  /** Told what a user should know, a sentence at a time. */
  say(message: string): void;
  /** Shown what was found of each respondent, as soon as it is. */
  show(table: Table): void;
  /** Opens the suite whose guard judges. */
  openBench(): Promise<Workbench>;
}

/** What {@linkcode measureConsistency} wrote. */
export interface FineRun {
  /** Paths of the artifacts. */
  written: string[];
  /** Path of the leaderboard's figure. */
  leaderboard: string;
  /** All artifacts of the folder, those of earlier runs too. */
  artifacts: FineArtifact[];
  /** Why the first respondent that cannot be relied on cannot; undefined where all can. */
  problem: UserError | undefined;
}

/**
 * Writes the options of a file of questions; the respondent that the flags name does.
 *
 * @param path of the questions.
 * @param options who answers.
 * @param say told what a user should know.
 * @returns JSON Lines in the released format, without a newline at the end.
 */
export async function constructQuestions(
  path: string,
  options: FineOptions,
  say: (message: string) => void,
): Promise<string> {
  if (options.scripted !== undefined) {
    throw new UsageError(
      "Cannot construct options with --scripted: a scripted respondent cannot write",
      "Give --endpoint URL --model NAME.",
    );
  }
  await using stack = new AsyncDisposableStack();
  const passedOver = passingOver(path, options.skipInvalid, say);
  const open = readOpenQuestions(path, options.categories, { say, skip: passedOver.skip });
  const [{ client }] = await openRespondents(options, respondentContext(options, [], say, stack));
  const questions = await Promise.all(
    open.map((question) => constructOptions(client, question, options.attempts, options.maxTokens)),
  );
  passedOver.sayHowMany();
  return questionsToJsonl(questions).trimEnd();
}

/**
 * Evaluates every respondent, writes an artifact for each, and draws the leaderboard anew.
 *
 * @returns what was written.
 */
export async function measureConsistency(
  options: FineOptions,
  { say, show, openBench }: FineContext,
): Promise<FineRun> {
  await using stack = new AsyncDisposableStack();
  const { questions: path, categories, likelihood, parser: reading, results } = options;
  const passedOver = passingOver(path ?? OWN, options.skipInvalid, say);
  const asked = path === undefined
    ? ownQuestions(categories)
    : readQuestions(path, categories, { say, skip: passedOver.skip });
  const controls = options.controls ? readQuestions(join(DATA, "control.jsonl"), ["Control"]) : [];
  const context = respondentContext(options, [...asked, ...controls], say, stack);
  const judges = await openJudges(options, { ...context, openBench, reading });
  const respondents = await openRespondents(options, context);
  makeFolder(results); // if it cannot be made, that shows before anybody is asked

  const calculates = options.checkpoint !== undefined || options.respondent !== undefined ||
    judges.some(({ guard }) => guard);
  const kernels = calculates ? await fingerprint() : undefined;
  const [{ judge, guard }] = judges;
  const judgeCheck = guard ? await checkJudge(judge, asked) : undefined;
  const shared = {
    method: "multiple choice",
    questions: {
      ...setOf(path === undefined ? OWN : basename(path), asked),
      ...passedOver.count > 0 && { skipped: passedOver.count },
    },
    judgeCheck,
    kernels,
  } as const;
  const answering = { reading, maxTokens: options.maxTokens };
  const written: string[] = [];
  const problems: UserError[] = [];
  for (const { client, likelier } of respondents) {
    const failures: UserError[] = [];
    const failed = (error: UserError) => void failures.push(error);
    const artifact: FineArtifact = {
      ...shared,
      ...await evaluated(client, asked, judges, { ...answering, failed }),
      controls: controls.length > 0
        ? await controlled(client, controls, judges, answering)
        : undefined,
    };
    for (const { outcomes } of [artifact, ...artifact.controls ? [artifact.controls] : []]) {
      describeLeftOut(outcomes).forEach((sentence) => say(`${sentence}.`));
    }
    const problem = options.scripted === undefined ? unreliable(artifact, failures[0]) : undefined;
    if (problem !== undefined) problems.push(problem);
    const artifacts = [artifact];
    if (likelihood) artifacts.push(await byLikelihood(artifact, likelier!, asked, controls));
    for (const one of artifacts) {
      written.push(writeArtifact(results, one));
      show(fineTable(one));
      if (one.scores) show(verdictTable(one.scores, one));
    }
  }
  passedOver.sayHowMany();
  return { written, ...await drawLeaderboard(results), problem: problems[0] };
}

/** Our own questions of some categories. */
function ownQuestions(categories: readonly string[]): Question[] {
  const unknown = categories.find((name) => !DIMENSIONS.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot ask about "${unknown}": the project's own questions have no such category`,
      `${suggestName(unknown, DIMENSIONS)} Give questions of your own with --questions FILE.`,
    );
  }
  const all = readQuestions(join(DATA, "questions.jsonl"));
  return all.filter(({ category }) => categories.includes(category));
}

function respondentContext(
  { threads, cache, ...asking }: FineOptions,
  questions: readonly Question[],
  say: (message: string) => void,
  stack: AsyncDisposableStack,
): RespondentContext {
  const keeping = { asking, cache, say, stack };
  return { ...keeping, questions, threads, openGguf: ggufOpener({ ...keeping, threads }) };
}

function setOf(name: string, questions: readonly Question[]): QuestionSet {
  return { name, count: questions.length, hash: hashOf(questions) };
}

async function fingerprint(): Promise<string> {
  const { kernelFingerprint } = await import("../runtime/fingerprint.ts");
  return await kernelFingerprint();
}

/** How answers are asked for and read. */
type Answering = Pick<EvaluateOptions, "reading" | "maxTokens" | "failed">;

async function evaluated(
  client: ChatClient,
  questions: readonly Question[],
  [first, second]: readonly SeatedJudge[],
  answering: Answering,
) {
  using progress = startWaiting(`asking ${client.name}`);
  const options = { ...answering, judge: first.judge, progress };
  const both = second === undefined ? options : { ...options, secondJudge: second.judge };
  return await evaluateRespondent(client, questions, both);
}

async function controlled(
  client: ChatClient,
  questions: readonly Question[],
  [{ marker }]: readonly SeatedJudge[],
  answering: Answering,
) {
  using progress = startWaiting(`asking ${client.name} what it knows`);
  const options = { ...answering, judge: marker, progress };
  const { judge, scores, choices, outcomes } = await evaluateRespondent(client, questions, options);
  return { judge, questions: setOf(OWN, questions), scores, choices, outcomes };
}

/** The same open-ended verdicts, beside which option of the question is likelier. */
async function byLikelihood(
  { controls, ...artifact }: FineArtifact,
  likelier: NonNullable<Respondent["likelier"]>,
  asked: readonly Question[],
  known: readonly Question[],
): Promise<FineArtifact> {
  const { chosenByLikelihood } = await import("./likelihood.ts");
  const scored = async (before: readonly Outcome[], questions: readonly Question[]) => {
    const outcomes = chosenByLikelihood(before, await likelier(questions));
    return { outcomes, ...scoreAll(outcomes) };
  };
  const { verdicts } = artifact.readable ?? {};
  return {
    ...artifact,
    readable: { verdicts },
    ...await scored(artifact.outcomes, asked),
    method: "likelihood",
    controls: controls && { ...controls, ...await scored(controls.outcomes, known) },
  };
}

async function drawLeaderboard(
  folder: string,
): Promise<Pick<FineRun, "leaderboard" | "artifacts">> {
  const { renderFigure } = await import("../report/figure.ts");
  const artifacts = readArtifacts(folder);
  const leaderboard = join(folder, "leaderboard.svg");
  writeFileAtomic(leaderboard, await renderFigure(leaderboardFigure(artifacts)));
  return { leaderboard, artifacts };
}
