/**
 * `deno task fine`: respondents are asked questions in both formats, judged, scored and set on the leaderboard; or the options of
 * new questions are written.
 *
 * @module
 */
import { join } from "node:path";
import { type Account, describeSpent } from "../chat/account.ts";
import type { ChatClient } from "../chat/client.ts";
import { UsageError, type UserError } from "../core/errors.ts";
import { makeWritableFolder, writeFileAtomic } from "../core/files.ts";
import { type Progress, startWaiting } from "../core/progress.ts";
import type { Table } from "../report/table.ts";
import type { Workbench } from "../workbench/workbench.ts";
import { type Controls, type FineArtifact, readArtifacts, writeArtifact } from "./artifact.ts";
import { type Asked, readAsked } from "./asked.ts";
import { type EvaluateOptions, evaluateRespondent, type Transcript } from "./evaluate.ts";
import type { FineFlags } from "./flags.ts";
import { checkJudge, type JudgeCheck } from "./judge_check.ts";
import { byLikelihood, likelihoodAlone } from "./by_likelihood.ts";
import { openJudges, type SeatedJudge } from "./ask/judges.ts";
import { leaderboardFigure } from "./show/leaderboard.ts";
import { constructOptions, questionsToJsonl, readOpenQuestions } from "./options.ts";
import { passingOver } from "./passed_over.ts";
import { planTable } from "./plan.ts";
import type { Question } from "./questions.ts";
import { unreliable } from "./reliability.ts";
import { ggufOpener } from "./ask/kept.ts";
import { openRespondents, type RespondentContext } from "./ask/respondents.ts";
import { describeLeftOut } from "./scores.ts";
import { writeAnswers } from "./show/answers_page.ts";
import { writeInspectLog } from "./show/inspect_log.ts";
import { fineTable, verdictTable } from "./show/table.ts";

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
  const { likelihood, parser: reading, results } = options;
  const { safety, knowledge, passedOver } = readAsked(options, say);
  const all = [...safety.questions, ...knowledge.questions];
  const context = respondentContext(options, all, say, stack);
  if (options.likelihoodOnly) {
    const [{ client, likelier }] = await openRespondents(options, context);
    const asked = { safety, knowledge };
    const alone = await likelihoodAlone(
      client.name,
      reading,
      likelier!,
      asked,
      await fingerprint(),
    );
    show(fineTable(alone));
    const written = [writeArtifact(results, alone)];
    passedOver.sayHowMany();
    return { written, ...await drawLeaderboard(results), problem: undefined };
  }
  const judges = await openJudges(options, { ...context, openBench, reading });
  const respondents = await openRespondents(options, context);
  makeWritableFolder(results); // if it cannot be, that shows before anybody is asked

  const calculates = options.checkpoint !== undefined || options.respondent !== undefined ||
    judges.some(({ calculates }) => calculates);
  const shared = {
    method: "multiple choice",
    questions: safety.set,
    kernels: calculates ? await fingerprint() : undefined,
  } as const;
  const asking = { reading, maxTokens: options.maxTokens, accounts: context.accounts };
  const checks = await examined(judges, safety.questions, asking);
  const written: string[] = [];
  const problems: UserError[] = [];
  for (const { client, likelier } of respondents) {
    const failures: UserError[] = [];
    let transcripts: readonly Transcript[] = [];
    const found = await evaluated(client, safety.questions, judges, {
      ...asking,
      failed: (error) => void failures.push(error),
      told: (said) => transcripts = said,
    });
    const artifact: FineArtifact = {
      ...shared,
      ...found,
      controls: await controlled(client, knowledge, judges, asking),
      judgeCheck: checks[0],
      agreement: found.agreement && { ...found.agreement, check: checks[1] },
    };
    for (const { outcomes } of [artifact, ...artifact.controls ? [artifact.controls] : []]) {
      describeLeftOut(outcomes).forEach((sentence) => say(`${sentence}.`));
    }
    const problem = options.scripted === undefined ? unreliable(artifact, failures[0]) : undefined;
    if (problem !== undefined) problems.push(problem);
    const artifacts = [artifact];
    if (likelihood) {
      artifacts.push(await byLikelihood(artifact, likelier!, { safety, knowledge }));
    }
    for (const one of artifacts) {
      written.push(writeArtifact(results, one));
      show(fineTable(one));
      if (one.scores) show(verdictTable(one.scores, one));
    }
    // what scripts say, everybody can read there
    if (options.scripted === undefined) {
      written.push(writeAnswers(results, artifact, transcripts));
    }
    if (options.inspectLog) {
      written.push(writeInspectLog(results, artifact, transcripts, problem));
    }
  }
  passedOver.sayHowMany();
  return { written, ...await drawLeaderboard(results), problem: problems[0] };
}

/**
 * Plans what {@linkcode measureConsistency} would do.
 *
 * @param options who answers, who judges, and what is asked.
 * @param say told what a user should know.
 * @returns a table of requests.
 */
export async function planConsistency(
  options: FineOptions,
  say: (message: string) => void,
): Promise<Table> {
  const { safety, knowledge } = readAsked(options, say);
  return await planTable(options, safety.questions, knowledge.questions);
}

function respondentContext(
  { threads, cache, ...asking }: FineOptions,
  questions: readonly Question[],
  say: (message: string) => void,
  stack: AsyncDisposableStack,
): RespondentContext {
  const keeping = { asking, cache, say, stack, accounts: [] };
  return { ...keeping, questions, threads, openGguf: ggufOpener({ ...keeping, threads }) };
}

async function fingerprint(): Promise<string> {
  const { kernelFingerprint } = await import("../runtime/fingerprint.ts");
  return await kernelFingerprint();
}

/** How answers are asked for and read, and who counts what that takes. */
interface Asking extends Pick<EvaluateOptions, "reading" | "maxTokens" | "failed" | "told"> {
  accounts: readonly Readonly<Account>[];
}

/** Progress that also says what was spent. */
function spending(label: string, accounts: Asking["accounts"]): Progress & Disposable {
  const progress = startWaiting(label);
  return {
    update: (done) => progress.update(done, describeSpent(accounts)),
    [Symbol.dispose]: () => progress[Symbol.dispose](),
  };
}

async function evaluated(
  client: ChatClient,
  questions: readonly Question[],
  [first, second]: readonly SeatedJudge[],
  asking: Asking,
) {
  using progress = spending(`asking ${client.name}`, asking.accounts);
  const options = { ...asking, judge: first.judge, progress };
  const both = second === undefined ? options : { ...options, secondJudge: second.judge };
  return await evaluateRespondent(client, questions, both);
}

async function controlled(
  client: ChatClient,
  { questions, set }: Asked,
  [{ marker }]: readonly SeatedJudge[],
  asking: Asking,
): Promise<Controls | undefined> {
  if (questions.length === 0) return undefined;
  using progress = spending(`asking ${client.name} what it knows`, asking.accounts);
  const options = { ...asking, judge: marker, progress };
  const { judge, scores, choices, outcomes } = await evaluateRespondent(client, questions, options);
  return { judge, questions: set, scores, choices, outcomes };
}

/** What the judges' verdicts are worth, before anything is decided by them. */
async function examined(
  judges: readonly SeatedJudge[],
  questions: readonly Question[],
  { accounts }: Asking,
): Promise<(JudgeCheck | undefined)[]> {
  const checks: (JudgeCheck | undefined)[] = [];
  for (const { judge, checked } of judges) {
    using progress = spending(`examining the judge ${judge.name}`, accounts);
    checks.push(checked ? await checkJudge(judge, questions, progress) : undefined);
  }
  return checks;
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
