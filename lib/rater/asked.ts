/**
 * A judge that is asked: a language model behind an endpoint, which scores conversations by both rubrics
 * (see `lib/rater/ask.ts`). Asking and using are two steps, for the first costs money or hours and the second is to be repeated:
 * {@linkcode askJudge} writes a file of scored rows for each rubric, and {@linkcode askedScores} reads them.
 *
 * @module
 */
import { join } from "node:path";
import pLimit from "p-limit";
import type { ChatClient } from "../chat/client.ts";
import { UserError } from "../core/errors.ts";
import { makeFolder, writeFileAtomic } from "../core/files.ts";
import { hashOf } from "../core/json.ts";
import type { Progress } from "../core/progress.ts";
import type { Row } from "../conversation/row.ts";
import { judge } from "./ask.ts";
import type { Rubric } from "./prompt.ts";
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
}

/**
 * Has rows judged by both rubrics, as many at once as the client allows, and writes the files when all is answered.
 *
 * @param client who judges; one that records can be stopped and asked again.
 * @param rows what is judged.
 * @param options where to, examples, progress.
 * @returns how the judge did; throws a {@linkcode UserError} that names the row whose question could not be answered.
 */
export async function askJudge(
  client: ChatClient,
  rows: readonly Row[],
  { folder, unsafeExamples, progress }: AskJudgeOptions,
): Promise<Record<Rubric, Answered>> {
  makeFolder(folder); // one that cannot be made is better known before all is asked than after it
  const limited = pLimit(AT_ONCE);
  let done = 0;
  const judged = async (row: Row, rubric: Rubric) => {
    const judgement = await judge(client, row.conversation, { rubric, unsafeExamples })
      .catch((error) => Promise.reject(aboutRow(error, row, rubric)));
    progress.update(++done / (RUBRICS.length * rows.length));
    const columns = { judge: client.name, examples: unsafeExamples.length };
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

function answered(lines: readonly { answers: number; defaulted: boolean }[]): Answered {
  return {
    rows: lines.length,
    answers: lines.reduce((sum, { answers }) => sum + answers, 0),
    defaulted: lines.filter(({ defaulted }) => defaulted).length,
  };
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
export function askedScores(folder: string, rows: readonly Row[]): AskedScores {
  const [alignment, uncertainty] = RUBRICS.map((rubric) =>
    judgedRows(join(folder, `${rubric}.jsonl`), rows)
  );
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

/** What a line that {@linkcode askJudge} wrote holds beside the row. */
interface JudgedRow {
  score: number;
  judge: string;
  examples: number;
  answers: number;
  defaulted: boolean;
}

/** The lines of a file for rows, in the order of these. */
function judgedRows(path: string, rows: readonly Row[]): JudgedRow[] {
  const lines = new Map(readScoredFile(path).rows.map((row) => [row.id, row]));
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
  const { judge, examples, answers, defaulted } = columns as Partial<JudgedRow>;
  if (
    typeof judge === "string" && typeof examples === "number" && typeof answers === "number" &&
    typeof defaulted === "boolean"
  ) {
    return { score, judge, examples, answers, defaulted };
  }
  throw new UserError(
    `Cannot use the scores in "${path}": the row "${id}" does not say which judge answered, and how often`,
    "Give a folder that `deno task judge` wrote.",
  );
}
