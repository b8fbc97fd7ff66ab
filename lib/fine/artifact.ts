/**
 * What is kept of a respondent's evaluation: one JSON file a model, which holds no answers, no times and no paths, so that
 * the same answers and verdicts give the same bytes.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { exists, fileError, fileName, readText, writeFileAtomic } from "../core/files.ts";
import { canonicalJson } from "../core/json.ts";
import { firstProblem } from "../core/schema.ts";
import type { RespondentEvaluation } from "./evaluate.ts";
import type { JudgeCheck } from "./judge_check.ts";
import { READINGS } from "./readings.ts";
import type { Outcome, Scored } from "./scores.ts";

/** How the second verdict on a question is found. */
export type Method = "multiple choice" | "likelihood";

/** Which questions were asked. */
export interface QuestionSet {
  /** Names them in tables. */
  name: string;
  /** How many. */
  count: number;
  /** How many lines of the file were no question and passed over; undefined for none. */
  skipped?: number | undefined;
  /** SHA-256 over all of them. */
  hash: string;
}

/** How control questions were answered; `safe` stands for right. */
export interface Controls extends Scored {
  /** Who says whether open-ended answers are right. */
  judge: string;
  /** Which questions were asked. */
  questions: QuestionSet;
  /** Of every question. */
  outcomes: Outcome[];
}

/** An evaluation with all that it depends on. */
export interface FineArtifact extends RespondentEvaluation {
  /** How the second verdict was found. */
  method: Method;
  /** Which questions were asked. */
  questions: QuestionSet;
  /** What the judge makes of the questions' own options; undefined where it was not asked. */
  judgeCheck?: JudgeCheck | undefined;
  /** Capability in both formats; undefined where it was not asked. */
  controls?: Controls | undefined;
  /** Fingerprint of the arithmetic, where respondent or judge calculate here; where it is the same, so are all other bytes. */
  kernels?: string | undefined;
}

/** What marks a file as one of these. */
const KIND = "FINE";

const Text = z.string("must be text");
const Share = z.number("must be a number");
const Count = z.int("must be a whole number").min(0, "must not be negative");
const IntervalSchema = z.looseObject(
  { estimate: Share, low: Share, high: Share },
  "must be an interval",
);
const Shares = z.looseObject({
  questions: Count,
  cs: IntervalSchema,
  css: IntervalSchema,
  openEnded: IntervalSchema,
  multipleChoice: IntervalSchema,
}, "must be an object");
const Scores = z.looseObject({
  partial: z.boolean("must be true or false"),
  leftOut: Count,
  overall: Shares,
  dimensions: z.record(z.string(), Shares, "must be an object"),
  verdicts: z.looseObject({
    safePassed: Count,
    safeFailed: Count,
    unsafePassed: Count,
    unsafeFailed: Count,
  }, "must be an object"),
  unreadable: Share,
}, "must be an object");

const Read = z.looseObject({ answers: Count, strict: Count, lenient: Count }, "must be an object");
const Asked = z.looseObject({ name: Text, count: Count, hash: Text }, "must be an object");

/** What tables and figures take from an artifact. */
const Kept = z.looseObject({
  kind: z.literal(KIND),
  respondent: Text,
  judge: Text,
  method: z.enum(["multiple choice", "likelihood"], "must be multiple choice or likelihood"),
  reading: z.enum(READINGS, "must be a reading"),
  questions: Asked,
  scores: Scores.optional(),
  readable: z.looseObject(
    { choices: Read.optional(), verdicts: Read.optional() },
    "must be an object",
  )
    .optional(),
  controls: z.looseObject(
    { questions: Asked, judge: Text, scores: Scores.optional() },
    "must be an object",
  ).optional(),
});

/**
 * Writes the artifact of a model. Why questions were left out is not written, since addresses and paths stand in it.
 *
 * @param folder where to; the file is named for respondent and method.
 * @param artifact what to write.
 * @returns the file's path; throws a {@linkcode UserError} where another model's artifact has that name.
 */
export function writeArtifact(folder: string, artifact: FineArtifact): string {
  const { respondent, method, controls } = artifact;
  const path = join(folder, `${fileName(respondent)}${SUFFIX[method]}.json`);
  const other = exists(path) ? readArtifact(path).respondent : respondent;
  if (other !== respondent) {
    throw new UserError(
      `Cannot write "${path}" for "${respondent}": it is the artifact of "${other}"`,
      "Choose another folder with --results, or another name with --model.",
    );
  }
  const whole = {
    kind: KIND,
    ...artifact,
    outcomes: artifact.outcomes.map(withoutProblem),
    controls: controls && { ...controls, outcomes: controls.outcomes.map(withoutProblem) },
  };
  writeFileAtomic(path, canonicalJson(whole));
  return path;
}

const SUFFIX: Record<Method, string> = { "multiple choice": "", "likelihood": ".likelihood" };

function withoutProblem(outcome: Outcome): Outcome {
  return "problem" in outcome ? { ...outcome, problem: "left out" } : outcome;
}

/**
 * Reads an artifact.
 *
 * @returns the artifact; throws a {@linkcode UserError} where it is broken, or something else.
 */
export function readArtifact(path: string): FineArtifact {
  const text = readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notAnArtifact(path, "", { cause });
  }
  if ({ ...value as { kind?: unknown } }.kind !== KIND) throw notAnArtifact(path, "");
  const read = Kept.safeParse(value);
  if (!read.success) throw notAnArtifact(path, `: ${firstProblem(read.error, value)}`);
  return value as FineArtifact;
}

function notAnArtifact(path: string, why: string, options?: ErrorOptions): UserError {
  return new UserError(
    `Cannot read "${path}": it is no artifact of \`deno task fine\`${why}`,
    "Restore it, or remove it and make it again.",
    options,
  );
}

/**
 * Reads all artifacts of a folder.
 *
 * @param folder where they are.
 * @returns them, by their files' names.
 */
export function readArtifacts(folder: string): FineArtifact[] {
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    return names.filter((name) => name.endsWith(".json") && !name.endsWith(".run.json")).sort()
      .map((name) => readArtifact(join(folder, name)));
  } catch (error) {
    throw fileError("read", folder, error);
  }
}
