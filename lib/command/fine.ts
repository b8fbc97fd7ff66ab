/** `deno task fine`: how far the safety of a model is consistent over two formats (FINE, arXiv 2311.05915). @module */
import { basename, join } from "node:path";
import type { ChatClient } from "../chat/client.ts";
import { suggestName, UsageError, type UserError } from "../core/errors.ts";
import { makeFolder, writeFileAtomic } from "../core/files.ts";
import { hashOf } from "../core/json.ts";
import { startWaiting } from "../core/progress.ts";
import { positiveInteger } from "../core/flags.ts";
import { RUN_FLAGS, runOptions } from "../experiment/flags.ts";
import { print, printJson, printTable, warn } from "../report/terminal.ts";
import { openJudges, type SeatedJudge } from "../fine/judges.ts";
import { openRespondents, type Respondent, respondentKind } from "../fine/respondents.ts";
import {
  type FineArtifact,
  type QuestionSet,
  readArtifacts,
  writeArtifact,
} from "../fine/artifact.ts";
import { askingOf } from "../fine/asking.ts";
import { evaluate, type EvaluateOptions } from "../fine/evaluate.ts";
import { checkJudge } from "../fine/judge_check.ts";
import { READINGS } from "../fine/readings.ts";
import { unreliable } from "../fine/reliability.ts";
import { constructOptions, questionsToJsonl, readOpenQuestions } from "../fine/options.ts";
import { categoryNames, DIMENSIONS, type Question, readQuestions } from "../fine/questions.ts";
import { BEHAVIOURS } from "../fine/scripted.ts";
import { describeLeftOut, type Outcome, scoreAll } from "../fine/scores.ts";
import { leaderboardFigure, leaderboardTable } from "../fine/leaderboard.ts";
import { fineTable, verdictTable } from "../fine/table.ts";
import { type Command, defineCommand, type Given } from "./command.ts";

const DATA = join(import.meta.dirname!, "../../data/fine");

const { suite, quick, threads, cache } = RUN_FLAGS;
const FLAGS = {
  endpoint: { type: "string" },
  model: { type: "string" },
  checkpoint: { type: "string" },
  recorded: { type: "string" },
  scripted: { type: "string" },
  judge: { type: "string", multiple: true },
  "judge-endpoint": { type: "string" },
  questions: { type: "string" },
  categories: { type: "string", multiple: true },
  "skip-invalid": { type: "boolean" },
  controls: { type: "boolean" },
  likelihood: { type: "boolean" },
  parser: { type: "string", default: "strict" },
  construct: { type: "string" },
  attempts: { type: "string", default: "5" },
  concurrency: { type: "string", default: "8" },
  timeout: { type: "string" },
  "max-tokens": { type: "string" },
  "ask-again": { type: "string" },
  suite,
  quick,
  threads,
  cache,
  results: { type: "string", default: "results/fine" },
  json: { type: "boolean" },
} as const;

type Flags = Given<typeof FLAGS>["values"];

/** The task. */
const command: Command = defineCommand({
  summary:
    "whether a model that answers safely also chooses the safe answer: fake alignment (FINE)",
  help: () => `
Who answers, one of:
  --endpoint URL       an OpenAI-compatible endpoint, such as http://127.0.0.1:8000/v1, with
  --model NAME         the model's name there; its answers are kept in the cache, so that a run goes on
                       where it was; names recorded answers and checkpoints too
  --checkpoint DIR     a language model trained here: the folder of its checkpoint
  --recorded FILE      answers recorded earlier, or elsewhere: a line each, {"id": "q1", "order": "open-ended",
                       "text": "…"}, with the question's id and order: open-ended, safe first, unsafe first
  --scripted NAME      a respondent of known behaviour: all, ${BEHAVIOURS.join(", ")}
Who judges the open-ended answers; given twice, how far both agree is reported, and the first counts:
  --judge WHO          endpoint:MODEL, recorded:FILE, guard (of --suite, which flags 1% of safe calibration
                       rows; a weak judge: see the note under its table), scripted
                                        [scripted for --scripted; for --endpoint, the model itself]
  --judge-endpoint URL where the judge's model is                             [--endpoint]
What is asked, and how it is read:
  --questions FILE     questions with both options, as released by the authors   [data/fine/questions.jsonl]
  --categories A,B     these categories only; of --questions FILE, the accepted ones; given more than once, each
                       is one name as it stands, with its commas   [${DIMENSIONS.join(",")}]
  --skip-invalid       pass over what is no question in --questions FILE, naming each
  --controls           also ask questions of knowledge in both formats
  --likelihood         of a checkpoint, also which option's text is likelier: another method, with an
                       artifact of its own
  --parser NAME        how choices and verdicts are read: strict, lenient (also what is plain without the
                       asked-for form), or released (any capital A or B; [[unsafe]] in small letters)   [strict]
Options for questions of your own, printed in the released format, instead of an evaluation:
  --construct FILE     a line each: {"question": "…", "category": "…"}; the answering model writes options
  --attempts N         how often it is asked before a question is given up                      [5]
Besides:
  --concurrency N      requests to an endpoint at once; halved where answers do not come in time  [8]
  --timeout SECONDS    how long one request may take  [120, and one more for each token of the longest answer]
  --max-tokens N       longest answer of model and judge, in tokens; more for one that thinks      [512, 256]
  --ask-again unreadable: what was answered in an earlier run and cannot be read is asked for once more
  --suite mini|FOLDER  what the guard is trained on                                          [mini]
  --quick, --threads N, --cache DIR: for the guard and local models, as of \`deno task reproduce\`
  --results DIR        where artifacts and the leaderboard go                        [results/fine]
  --json               instead of tables, one JSON document at the end, for machines
Environment: OPENAI_API_KEY, the endpoint's key; JUDGE_API_KEY, that of --judge-endpoint; OPENAI_BASE_URL and
OPENAI_MODEL, where --endpoint and --model are not given.
Examples: deno task fine --scripted all
  deno task fine --endpoint http://127.0.0.1:8000/v1 --model NAME --judge endpoint:JUDGE --controls
  deno task fine --construct mine.jsonl --categories Privacy --endpoint URL --model NAME > questions.jsonl`,
  flags: FLAGS,
  async run({ values }) {
    respondentKind(values);
    if (values.likelihood && values.checkpoint === undefined) {
      throw new UsageError(
        "Cannot use --likelihood: only a local model tells how likely a text is",
        "Give its folder with --checkpoint DIR.",
      );
    }
    await using stack = new AsyncDisposableStack();
    if (values.construct !== undefined) return await construct(values.construct, values, stack);
    await measure(values, stack);
  },
});

export default command;

const categoriesOf = ({ categories }: Flags) => categoryNames(categories) ?? DIMENSIONS;

/** Prints the questions of a file with options that the respondent writes. */
async function construct(path: string, flags: Flags, stack: AsyncDisposableStack): Promise<void> {
  if (flags.scripted !== undefined) {
    throw new UsageError(
      "Cannot construct options with --scripted: a scripted respondent cannot write",
      "Give --endpoint URL --model NAME.",
    );
  }
  const attempts = positiveInteger("attempts", flags.attempts);
  const open = readOpenQuestions(path, categoriesOf(flags));
  const context = contextOf(flags, [], stack);
  const [{ client }] = await openRespondents(flags, context);
  const { maxTokens } = context.asking;
  const questions = await Promise.all(
    open.map((q) => constructOptions(client, q, attempts, maxTokens)),
  );
  print(questionsToJsonl(questions).trimEnd());
}

/** Our own questions of some categories. */
function ownQuestions(path: string, categories: readonly string[]): Question[] {
  const unknown = categories.find((name) => !DIMENSIONS.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot ask about "${unknown}": the project's own questions have no such category`,
      `${suggestName(unknown, DIMENSIONS)} Give questions of your own with --questions FILE.`,
    );
  }
  return readQuestions(path).filter(({ category }) => categories.includes(category));
}

/** Evaluates every respondent, and draws the leaderboard anew. */
async function measure(flags: Flags, stack: AsyncDisposableStack): Promise<void> {
  const reading = READINGS.find((name) => name === flags.parser);
  if (reading === undefined) {
    throw new UsageError(
      `Cannot use --parser ${flags.parser}: there is no such parser`,
      suggestName(flags.parser, READINGS),
    );
  }
  let skipped = 0;
  const skip = !flags["skip-invalid"] ? undefined : (problem: string) => {
    skipped++;
    warn(problem);
  };
  const path = flags.questions ?? join(DATA, "questions.jsonl");
  const asked = flags.questions === undefined
    ? ownQuestions(path, categoriesOf(flags))
    : readQuestions(path, categoriesOf(flags), { skip });
  const controls = flags.controls ? readQuestions(join(DATA, "control.jsonl"), ["Control"]) : [];
  const context = contextOf(flags, [...asked, ...controls], stack);
  const openBench = async () => {
    const { openWorkbench } = await import("../workbench/open_workbench.ts");
    return openWorkbench(
      runOptions({
        suite: flags.suite,
        quick: flags.quick,
        threads: flags.threads,
        cache: flags.cache,
        seeds: "1",
      }, warn),
    );
  };
  const judges = await openJudges(flags, { ...context, openBench, reading });
  const respondents = await openRespondents(flags, context);
  const name = flags.questions === undefined ? "this project's" : basename(path);
  makeFolder(flags.results);

  const calculates = flags.checkpoint !== undefined || judges.some(({ guard }) => guard);
  const kernels = calculates ? await fingerprint() : undefined;
  const [{ judge, guard }] = judges;
  const judgeCheck = guard ? await checkJudge(judge, asked) : undefined;
  const shared = {
    method: "multiple choice",
    questions: { ...setOf(name, asked), ...skipped > 0 && { skipped } },
    judgeCheck,
    kernels,
  } as const;
  const options = { reading, maxTokens: context.asking.maxTokens };
  const written: string[] = [];
  const problems: UserError[] = [];
  for (const { client, likelier } of respondents) {
    const failures: UserError[] = [];
    const failed = (error: UserError) => void failures.push(error);
    const artifact: FineArtifact = {
      ...shared,
      ...await evaluated(client, asked, judges, { ...options, failed }),
      controls: controls.length > 0
        ? await controlled(client, controls, judges, options)
        : undefined,
    };
    for (const { outcomes } of [artifact, ...artifact.controls ? [artifact.controls] : []]) {
      describeLeftOut(outcomes).forEach((sentence) => warn(`${sentence}.`));
    }
    const problem = flags.scripted === undefined ? unreliable(artifact, failures[0]) : undefined;
    if (problem !== undefined) problems.push(problem);
    const artifacts = [artifact];
    if (flags.likelihood) artifacts.push(await byLikelihood(artifact, likelier!, asked, controls));
    for (const one of artifacts) {
      written.push(writeArtifact(flags.results, one));
      if (flags.json) continue;
      printTable(fineTable(one));
      if (one.scores) printTable(verdictTable(one.scores, one));
    }
  }
  await showLeaderboard(flags, written);
  if (problems.length > 0) throw problems[0];
}

function contextOf(flags: Flags, questions: readonly Question[], stack: AsyncDisposableStack) {
  return {
    questions,
    asking: askingOf(flags),
    threads: positiveInteger("threads", flags.threads),
    cache: flags.cache,
    stack,
  };
}

function setOf(name: string, questions: readonly Question[]): QuestionSet {
  return { name, count: questions.length, hash: hashOf(questions) };
}

async function fingerprint(): Promise<string> {
  const { kernelFingerprint } = await import("../runtime/fingerprint.ts");
  return await kernelFingerprint();
}

/** How answers are asked for and read. */
type AnswerOptions = Pick<EvaluateOptions, "reading" | "maxTokens" | "failed">;

async function evaluated(
  client: ChatClient,
  questions: readonly Question[],
  [first, second]: readonly SeatedJudge[],
  options: AnswerOptions,
) {
  using progress = startWaiting(`asking ${client.name}`);
  return await evaluate(client, questions, {
    ...options,
    judge: first.judge,
    ...second !== undefined && { secondJudge: second.judge },
    progress,
  });
}

async function controlled(
  client: ChatClient,
  questions: readonly Question[],
  [{ marker }]: readonly SeatedJudge[],
  options: AnswerOptions,
) {
  using progress = startWaiting(`asking ${client.name} what it knows`);
  const { judge, scores, choices, outcomes } = await evaluate(client, questions, {
    ...options,
    judge: marker,
    progress,
  });
  return { judge, questions: setOf("this project's", questions), scores, choices, outcomes };
}

/** The same open-ended verdicts, beside which option of the question is likelier. */
async function byLikelihood(
  { controls, ...artifact }: FineArtifact,
  likelier: NonNullable<Respondent["likelier"]>,
  asked: readonly Question[],
  known: readonly Question[],
): Promise<FineArtifact> {
  const { chosenByLikelihood } = await import("../fine/likelihood.ts");
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

async function showLeaderboard({ results, json }: Flags, written: string[]): Promise<void> {
  const { renderFigure } = await import("../report/figure.ts");
  const artifacts = readArtifacts(results);
  const svg = join(results, "leaderboard.svg");
  writeFileAtomic(svg, await renderFigure(leaderboardFigure(artifacts)));
  if (json) return printJson({ written, leaderboard: svg, artifacts });
  printTable(leaderboardTable(artifacts));
  print([...written, svg].join("\n"));
}
