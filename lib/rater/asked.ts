/**
 * A judge that is asked: a language model behind an endpoint, which scores conversations by both rubrics
 * (see `lib/rater/ask.ts`). Asking and using are two steps, since the first costs money or hours and the second is repeated:
 * {@linkcode askJudge} writes a file of scored rows for each rubric, and {@linkcode askedScores} reads them.
 *
 * @module
 */
import { join } from "node:path";
import pLimit from "p-limit";
import { z } from "zod";
import { type ChatClient, UNREADABLE_LIMIT } from "../chat/client.ts";
import { UserError } from "../core/errors.ts";
import { makeWritableFolder, writeFileAtomic } from "../core/files.ts";
import { hashOf } from "../core/json.ts";
import type { Progress } from "../core/progress.ts";
import { firstProblem } from "../core/schema.ts";
import type { Row } from "../conversation/row.ts";
import { judge, type Judgement } from "./ask.ts";
import type { Rubric } from "./prompt.ts";
import type { ScoreReading } from "./score_text.ts";
import { readScoredFile, type ScoredRow } from "../evaluation/scored_file.ts";

/** What a judge is asked. */
export const RUBRICS: readonly Rubric[] = ["alignment", "uncertainty"];

/** Most conversations that are asked about at once, by whichever client, so that few prompts are held in memory. */
const AT_ONCE = 256;

/** Settings of {@linkcode askJudge}. */
export interface AskJudgeOptions {
  /** Where the files go, `alignment.jsonl` and `uncertainty.jsonl`; made where it is missing. */
  folder: string;
  /** Unsafe training conversations that the judge is shown; none for none. */
  unsafeExamples: readonly string[];
  /** How its scores are read. Strictly by default. */
  reading?: ScoreReading;
  /** Its longest answer, in tokens. Defaults to 256. */
  maxTokens?: number | undefined;
  /** Told how far the work is. */
  progress: Progress;
}

/** How a judge did by one rubric. */
export interface Answered {
  /** Conversations that were judged. */
  rows: number;
  /** Answers that were drawn. */
  answers: number;
  /** Conversations that never got a score, and have the highest, 100. */
  defaulted: number;
  /** Conversations with an answer that can be read strictly. */
  strict: number;
  /** Conversations with an answer that can be read leniently. */
  lenient: number;
}

/**
 * Has rows judged by both rubrics, as many at once as the client allows, and writes the files when all is answered.
 *
 * @param client who judges; one that records can be stopped and asked again.
 * @param rows what is judged.
 * @returns how the judge did; throws a {@linkcode UserError} that names the row whose question could not be answered.
 */
export async function askJudge(
  client: ChatClient,
  rows: readonly Row[],
  { folder, progress, ...options }: AskJudgeOptions,
): Promise<Record<Rubric, Answered>> {
  makeWritableFolder(folder); // if it cannot be, that shows before anything is asked
  const limited = pLimit(AT_ONCE);
  let done = 0;
  const judged = async (row: Row, rubric: Rubric) => {
    const judgement = await judge(client, row.conversation, { rubric, ...options })
      .catch((error) => Promise.reject(aboutRow(error, row, rubric)));
    progress.update(++done / (RUBRICS.length * rows.length));
    const columns = { judge: client.name, examples: options.unsafeExamples.length };
    return { ...row, ...judgement, ...columns };
  };
  const [alignment, uncertainty] = await Promise.all(
    RUBRICS.map((rubric) => Promise.all(rows.map((row) => limited(() => judged(row, rubric))))),
  );
  const lines = { alignment, uncertainty };
  for (const rubric of RUBRICS) {
    const text = lines[rubric].map((line) => JSON.stringify(line) + "\n").join("");
    writeFileAtomic(join(folder, `${rubric}.jsonl`), text);
  }
  return { alignment: answered(alignment), uncertainty: answered(uncertainty) };
}

function aboutRow(error: unknown, { id }: Row, rubric: Rubric): unknown {
  if (!(error instanceof UserError)) return error;
  const message = `${error.message}; asked about ${rubric} of the row "${id}"`;
  return new UserError(message, error.remedy, { cause: error });
}

function answered(lines: readonly Omit<Judgement, "score">[]): Answered {
  const count = (of: "defaulted" | "strict" | "lenient") => lines.filter((line) => line[of]).length;
  return {
    rows: lines.length,
    answers: lines.reduce((sum, { answers }) => sum + answers, 0),
    defaulted: count("defaulted"),
    strict: count("strict"),
    lenient: count("lenient"),
  };
}

/**
 * Says why a judge is not to be relied on.
 *
 * @param answered how it did by each rubric.
 * @param limit the largest share of conversations that may have no score. Default {@linkcode UNREADABLE_LIMIT}.
 * @returns half a sentence; undefined where it may be relied on.
 */
export function unreliable(
  answered: Partial<Record<Rubric, Pick<Answered, "rows" | "defaulted">>>,
  limit = UNREADABLE_LIMIT,
): string | undefined {
  for (const rubric of RUBRICS) {
    const { rows = 0, defaulted = 0 } = answered[rubric] ?? {};
    if (defaulted > limit * rows) {
      return `${defaulted} of ${rows} conversations have no score of ${rubric} that could be read, more than ${
        100 * limit
      }%`;
    }
  }
}

/** Who was asked, and with what success. */
export interface AskedJudge extends Record<Rubric, Answered> {
  /** The judge's name. */
  judge: string;
  /** How many unsafe training conversations it was shown. */
  examples: number;
  /** SHA-256 over its scores of the rows. */
  hash: string;
}

/** What a judge said of rows. */
export interface AskedScores extends Record<Rubric, Float64Array> {
  /** Who it was. */
  asked: AskedJudge;
}

/**
 * Reads what a judge said.
 *
 * @param folder that {@linkcode askJudge} wrote to.
 * @param rows in the order that the scores are wanted in; there may be more in the files.
 * @returns scores, 0 to 100, danger up, shape (rows); throws a {@linkcode UserError} where a row is missing or another
 * conversation, or the files are of several judges.
 */
export async function askedScores(folder: string, rows: readonly Row[]): Promise<AskedScores> {
  const [alignment, uncertainty] = [
    await judgedRows(join(folder, "alignment.jsonl"), rows),
    await judgedRows(join(folder, "uncertainty.jsonl"), rows),
  ];
  const scores = {
    alignment: alignment.map(({ score }) => score),
    uncertainty: uncertainty.map(({ score }) => score),
  };
  const [{ judge, examples }] = alignment;
  const other = [...alignment, ...uncertainty].find((row) =>
    row.judge !== judge || row.examples !== examples
  );
  if (other !== undefined) {
    throw new UserError(
      `Cannot use the scores in "${folder}": they must be one judge's, shown ${examples} examples, got "${judge}" and "${other.judge}"`,
      "Ask each judge into a folder of its own.",
    );
  }
  return {
    alignment: Float64Array.from(scores.alignment),
    uncertainty: Float64Array.from(scores.uncertainty),
    asked: {
      judge,
      examples,
      hash: hashOf(scores),
      alignment: answered(alignment),
      uncertainty: answered(uncertainty),
    },
  };
}

/** What a line that {@linkcode askJudge} wrote holds beside the row; older ones do not say what could be read. */
const JudgedColumns = z.looseObject({
  judge: z.string("must be text"),
  examples: z.int("must be a whole number").min(0, "must not be negative"),
  answers: z.int("must be a whole number").min(0, "must not be negative"),
  defaulted: z.boolean("must be true or false"),
  strict: z.boolean("must be true or false").optional(),
  lenient: z.boolean("must be true or false").optional(),
});

/** The same, with the row's score. */
type JudgedRow = Judgement & { judge: string; examples: number };

/** The lines of a file for rows, in the order of these. */
async function judgedRows(path: string, rows: readonly Row[]): Promise<JudgedRow[]> {
  const scored = await readScoredFile(path);
  const lines = new Map(scored.map((row) => [row.id, row]));
  const missing = rows.filter(({ id }) => !lines.has(id));
  if (missing.length > 0) {
    throw new UserError(
      `Cannot use the scores in "${path}": ${missing.length} of ${rows.length} test rows are not in it, among them "${
        missing[0].id
      }"`,
      "Choose the same rows as for `deno task judge`, or have it ask about these; what was answered is not asked again.",
    );
  }
  return rows.map((row) => {
    const line = lines.get(row.id)!;
    if (line.conversation === row.conversation) return judgedRow(path, line);
    throw new UserError(
      `Cannot use the scores in "${path}": the row "${row.id}" is another conversation there`,
      "Ask the judge about this suite.",
    );
  });
}

function judgedRow(path: string, { id, score, columns }: ScoredRow): JudgedRow {
  const read = JudgedColumns.safeParse(columns);
  const place = `Cannot use the scores in "${path}": the row "${id}"`;
  if (!read.success) {
    throw new UserError(
      `${place} does not say which judge answered, and how often: ${
        firstProblem(read.error, columns)
      }`,
      "Give a folder that `deno task judge` wrote.",
    );
  }
  if (!(score >= 0 && score <= 100)) {
    throw new UserError(
      `${place} must have a score from 0 to 100, got ${score}`,
      "Give a folder that `deno task judge` wrote.",
    );
  }
  const { judge, examples, answers, defaulted } = read.data;
  const { strict = !defaulted, lenient = !defaulted } = read.data;
  return { score, judge, examples, answers, defaulted, strict, lenient };
}
