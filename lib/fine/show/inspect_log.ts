/**
 * An evaluation as a log that Inspect (https://inspect.aisi.org.uk/eval-logs.html) reads and its viewer shows: version 2 of its
 * JSON format, whose fields are described in https://inspect.aisi.org.uk/reference/inspect_ai.log.html. It is no artifact: it
 * quotes what a model said.
 *
 * - A question is a sample. The three conversations about it are calls of the model, each in a span of its own; the sample's
 *   messages and output are the open-ended one's, for no model saw the three as one conversation.
 * - Scores have the artifact's names (`openEnded`, `multipleChoice`, `cs`, `css`) and are 1 or 0. Their means and 95% intervals
 *   are the artifact's, and left out where the judge is not clearly better than chance. A question that the artifact leaves out
 *   has none but that of its choices. Where a failure leaves nothing to score, it is the sample's error, for Inspect takes a
 *   sample with an error for one without scores; in any case, `leftOut` says why.
 * - No clock is read. Where the format demands a time, it is 1970-01-01, and the log says that this stands for none.
 * - Left out is what nobody measured, or no field is for: how answers were sampled, since recordings do not tell and servers may
 *   refuse it; tokens; control questions, the second judge's verdicts and the dimensions' scores, which the artifact has.
 *
 * @module
 */
import { join } from "node:path";
import type { Answer, Message } from "../../chat/client.ts";
import type { UserError } from "../../core/errors.ts";
import { fileName, makeFolder, writeFileAtomic } from "../../core/files.ts";
import { hashOf, roundNumbers } from "../../core/json.ts";
import type { Interval } from "../../stats/bootstrap.ts";
import type { FineArtifact } from "../artifact.ts";
import type { Transcript } from "../evaluate.ts";
import { decides } from "../judge_check.ts";
import { choicePrompt, passed } from "../multiple_choice.ts";
import { openPrompt } from "../open_ended.ts";
import type { Outcome } from "../scores.ts";
import { fineTable } from "./table.ts";

/** Stands for no time. */
const NO_TIME = "1970-01-01T00:00:00+00:00";

const TASK = "fine";

/**
 * Writes the log of a respondent to a folder of its own, for `inspect view --log-dir`.
 *
 * @param folder of the results.
 * @param artifact what was found of it, by multiple choice.
 * @param transcripts what it said to which question, in the order of the artifact's outcomes.
 * @param problem why that cannot be relied on, which makes the log's status that of an error; undefined where it can.
 * @returns the log's path.
 */
export function writeInspectLog(
  folder: string,
  artifact: FineArtifact,
  transcripts: readonly Transcript[],
  problem: UserError | undefined,
): string {
  const logs = join(folder, "inspect");
  makeFolder(logs);
  const path = join(logs, logFile(artifact));
  writeFileAtomic(path, inspectLog(artifact, transcripts, problem));
  return path;
}

/** Only names that begin with a time, and go on with a task and its id, are listed as logs. */
function logFile(artifact: FineArtifact): string {
  const time = NO_TIME.slice(0, 19).replaceAll(":", "-");
  const name = fileName(artifact.respondent).replaceAll("_", "-"); // what parts the names' fields
  return `${time}_${TASK}_${name}_${taskId(artifact)}.json`;
}

/** Of the same respondent and questions it is the same. */
const taskId = ({ respondent, questions }: FineArtifact) => shortHash([respondent, questions.hash]);

const shortHash = (parts: unknown) => hashOf(parts).slice(0, 22);

/**
 * Makes the log of a respondent.
 *
 * @param artifact what was found of it, by multiple choice.
 * @param transcripts what it said to which question, in the order of the artifact's outcomes.
 * @param problem as of {@linkcode writeInspectLog}.
 * @returns JSON; the same answers give the same bytes. Readers of headers stop at `samples`, so it comes last.
 */
export function inspectLog(
  artifact: FineArtifact,
  transcripts: readonly Transcript[],
  problem: UserError | undefined,
): string {
  const samples = transcripts.map((transcript, i) =>
    sampleOf(artifact, transcript, artifact.outcomes[i])
  );
  const content = roundNumbers({ results: resultsOf(artifact, samples), samples });
  const log = {
    version: 2,
    status: problem === undefined ? "success" : "error",
    eval: { run_id: shortHash(content), ...specOf(artifact, transcripts) },
    plan: {},
    results: content.results,
    stats: {},
    error: problem && errorOf(problem.message),
    samples: content.samples,
  };
  return JSON.stringify(log) + "\n";
}

/** What was evaluated. */
function specOf(artifact: FineArtifact, transcripts: readonly Transcript[]) {
  const { respondent, judge, reading, questions } = artifact;
  return {
    created: NO_TIME,
    task: TASK,
    task_id: taskId(artifact),
    dataset: {
      name: questions.name,
      samples: questions.count,
      sample_ids: transcripts.map(({ question }) => question.id),
    },
    model: respondent,
    config: {},
    metadata: {
      judge,
      reading,
      questionsHash: questions.hash,
      notes: [...fineTable(artifact).notes ?? [], "1970-01-01 stands for no time."],
    },
  };
}

/** There is no traceback to what is told in words. */
const errorOf = (message: string) => ({ message, traceback: "", traceback_ansi: "" });

type Sample = ReturnType<typeof sampleOf>;

function sampleOf(artifact: FineArtifact, transcript: Transcript, outcome: Outcome) {
  const { respondent } = artifact;
  const { question, answer, choices, problem } = transcript;
  const asked = openPrompt(question);
  const scores = scoresOf(artifact, transcript, outcome);
  const failed = answer === undefined || choices === undefined;
  return {
    id: question.id,
    epoch: 1,
    input: asked,
    target: question.safe,
    messages: answer && [...asked, messageOf(answer)],
    output: answer && outputOf(respondent, answer),
    scores,
    metadata: { category: question.category, unsafe: question.unsafe, leftOut: problem },
    events: [
      ...answer ? callOf(respondent, "open-ended", asked, answer) : [],
      ...choices?.flatMap(({ order, answer }) =>
        callOf(respondent, order, choicePrompt(question, order), answer)
      ) ?? [],
    ],
    error: failed && scores === undefined ? errorOf(problem!) : undefined,
  };
}

function messageOf({ text, thoughts }: Answer) {
  const said = { type: "text", text };
  const content = thoughts === undefined
    ? text
    : [{ type: "reasoning", reasoning: thoughts }, said];
  return { role: "assistant", content };
}

function outputOf(model: string, answer: Answer) {
  const stopped = answer.cut ? { stop_reason: "max_tokens" } : {}; // otherwise unknown
  return {
    model,
    choices: [{ message: messageOf(answer), ...stopped }],
    completion: answer.text,
  };
}

/** A call of the model in a span that is named for what it is about. */
function callOf(model: string, name: string, input: Message[], answer: Answer) {
  const when = { timestamp: NO_TIME, working_start: 0 };
  return [
    { event: "span_begin", ...when, id: name, name },
    {
      event: "model",
      ...when,
      span_id: name,
      model,
      input,
      tools: [],
      tool_choice: "none",
      config: {},
      output: outputOf(model, answer),
    },
    { event: "span_end", ...when, id: name },
  ];
}

/** What a question counts for; undefined for nothing. */
function scoresOf({ judge }: FineArtifact, { verdict }: Transcript, outcome: Outcome) {
  const picks = "openEnded" in outcome ? outcome : outcome.chosen;
  const multipleChoice = picks && {
    value: Number(passed(picks)),
    metadata: { safeFirst: picks.safeFirst ?? null, unsafeFirst: picks.unsafeFirst ?? null },
  };
  if (!("openEnded" in outcome)) return multipleChoice && { multipleChoice };
  const safe = outcome.openEnded === "safe";
  return {
    openEnded: {
      value: Number(safe),
      explanation: verdict?.said?.text,
      metadata: { judge, verdict: outcome.openEnded },
    },
    multipleChoice,
    cs: { value: Number(safe === passed(outcome)) },
    css: { value: Number(safe && passed(outcome)) },
  };
}

/** The artifact's scores; where choices are counted by themselves, since there are more of them, those. */
function resultsOf(artifact: FineArtifact, samples: readonly Sample[]) {
  const { scores, choices, judgeCheck } = artifact;
  const score = (name: string, scored: number, share: Interval | undefined) => ({
    name,
    scorer: name,
    scored_samples: scored,
    unscored_samples: samples.length - scored,
    metrics: share ? metricsOf(share) : {},
  });
  const overall = scores?.overall;
  const chosen = choices ??
    (overall && { questions: overall.questions, passed: overall.multipleChoice });
  // the viewer's lists show the first one, by which the leaderboard goes, too
  const judged = (["css", "cs", "openEnded"] as const).flatMap((name) =>
    overall ? [score(name, overall.questions, decides(judgeCheck) ? overall[name] : undefined)] : []
  );
  return {
    total_samples: samples.length,
    completed_samples: samples.filter(({ error }) => error === undefined).length,
    scores: [
      ...judged,
      ...chosen ? [score("multipleChoice", chosen.questions, chosen.passed)] : [],
    ],
  };
}

function metricsOf({ estimate, low, high }: Interval) {
  const metrics = { mean: estimate, lower: low, upper: high };
  const named = Object.entries(metrics).map(([name, value]) => [name, { name, value }]);
  return Object.fromEntries(named);
}
