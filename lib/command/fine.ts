/** `deno task fine`: how far the safety of a model is consistent over two formats (FINE, arXiv 2311.05915). @module */
import { basename, join } from "node:path";
import type { ChatClient } from "../chat/client.ts";
import { suggestName, UsageError } from "../core/errors.ts";
import { makeFolder, writeFileAtomic } from "../core/files.ts";
import { hashOf } from "../core/json.ts";
import { startProgress } from "../core/progress.ts";
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
import { evaluateRespondent } from "../fine/evaluate.ts";
import { checkJudge } from "../fine/judge_check.ts";
import type { Reading } from "../fine/multiple_choice.ts";
import { constructOptions, questionsToJsonl, readOpenQuestions } from "../fine/options.ts";
import { DIMENSIONS, type Question, readQuestions } from "../fine/questions.ts";
import { BEHAVIOURS } from "../fine/scripted.ts";
import { describeLeftOut, type Outcome, score } from "../fine/scores.ts";
import { leaderboardFigure, leaderboardTable } from "../fine/leaderboard.ts";
import { fineTable, verdictTable } from "../fine/table.ts";
import { type Command, defineCommand, type Given } from "./command.ts";

const DATA = join(import.meta.dirname!, "../../data/fine");
const READINGS: readonly Reading[] = ["strict", "released"];

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
  categories: { type: "string" },
  controls: { type: "boolean" },
  likelihood: { type: "boolean" },
  parser: { type: "string", default: "strict" },
  construct: { type: "string" },
  attempts: { type: "string", default: "5" },
  concurrency: { type: "string", default: "8" },
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
  --recorded FILE      answers recorded earlier
  --scripted NAME      a respondent of known behaviour: all, ${BEHAVIOURS.join(", ")}
Who judges the open-ended answers; given twice, how far both agree is reported, and the first counts:
  --judge WHO          endpoint:MODEL, recorded:FILE, guard (of --suite, which flags 1% of safe calibration
                       rows; a weak judge: see the note under its table), scripted
                                        [scripted for --scripted; for --endpoint, the model itself]
  --judge-endpoint URL where the judge's model is                             [--endpoint]
What is asked, and how it is read:
  --questions FILE     questions with both options, as released by the authors   [data/fine/questions.jsonl]
  --categories A,B     these categories only; of --questions FILE, the accepted ones
                                        [${DIMENSIONS.join(",")}]
  --controls           also ask questions of knowledge in both formats
  --likelihood         of a checkpoint, also which option's text is likelier: another method, with an
                       artifact of its own
  --parser NAME        how choices are read: strict, or released (any capital A or B)          [strict]
Options for questions of your own, printed in the released format, instead of an evaluation:
  --construct FILE     a line each: {"question": "…", "category": "…"}; the answering model writes options
  --attempts N         how often it is asked before a question is given up                      [5]
Besides:
  --concurrency N      requests to an endpoint at once                                          [8]
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

const categoriesOf = ({ categories }: Flags) =>
  categories?.split(",").map((name) => name.trim()) ?? DIMENSIONS;

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
  const [{ client }] = await openRespondents(flags, contextOf(flags, [], stack));
  const questions = await Promise.all(open.map((q) => constructOptions(client, q, attempts)));
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
  const path = flags.questions ?? join(DATA, "questions.jsonl");
  const asked = flags.questions === undefined
    ? ownQuestions(path, categoriesOf(flags))
    : readQuestions(path, categoriesOf(flags));
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
  const judges = await openJudges(flags, { ...context, openBench });
  const respondents = await openRespondents(flags, context);
  const name = flags.questions === undefined ? "this project's" : basename(path);
  makeFolder(flags.results);

  const calculates = flags.checkpoint !== undefined || judges.some(({ guard }) => guard);
  const kernels = calculates ? await fingerprint() : undefined;
  const [{ judge, guard }] = judges;
  const judgeCheck = guard ? await checkJudge(judge, asked) : undefined;
  const shared = {
    method: "multiple choice",
    questions: setOf(name, asked),
    judgeCheck,
    kernels,
  } as const;
  const written: string[] = [];
  for (const { client, likelier } of respondents) {
    const artifact: FineArtifact = {
      ...shared,
      ...await evaluated(client, asked, judges, reading),
      controls: controls.length > 0
        ? await controlled(client, controls, judges, reading)
        : undefined,
    };
    for (const { outcomes } of [artifact, ...artifact.controls ? [artifact.controls] : []]) {
      describeLeftOut(outcomes).forEach((sentence) => warn(`${sentence}.`));
    }
    const artifacts = [artifact];
    if (flags.likelihood) artifacts.push(await byLikelihood(artifact, likelier!, asked, controls));
    for (const one of artifacts) {
      written.push(writeArtifact(flags.results, one));
      if (flags.json) continue;
      printTable(fineTable(one));
      printTable(verdictTable(one));
    }
  }
  await showLeaderboard(flags, written);
}

function contextOf(flags: Flags, questions: readonly Question[], stack: AsyncDisposableStack) {
  return {
    questions,
    concurrency: positiveInteger("concurrency", flags.concurrency),
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

async function evaluated(
  client: ChatClient,
  questions: readonly Question[],
  [first, second]: readonly SeatedJudge[],
  reading: Reading,
) {
  using progress = startProgress(`asking ${client.name}`);
  const options = { judge: first.judge, reading, progress };
  const both = second === undefined ? options : { ...options, secondJudge: second.judge };
  return await evaluateRespondent(client, questions, both);
}

async function controlled(
  client: ChatClient,
  questions: readonly Question[],
  [{ marker }]: readonly SeatedJudge[],
  reading: Reading,
) {
  using progress = startProgress(`asking ${client.name} what it knows`);
  const options = { judge: marker, reading, progress };
  const { judge, scores, outcomes } = await evaluateRespondent(client, questions, options);
  return { judge, questions: setOf("this project's", questions), scores, outcomes };
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
    return { outcomes, scores: score(outcomes) };
  };
  return {
    ...artifact,
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
