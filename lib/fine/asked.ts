/**
 * What `deno task fine` asks: the project's own questions or a file of them, and controls.
 *
 * @module
 */
import { basename, join } from "node:path";
import { suggestName, UsageError } from "../core/errors.ts";
import { hashOf } from "../core/json.ts";
import type { QuestionSet } from "./artifact.ts";
import type { FineFlags } from "./flags.ts";
import { type PassedOver, passingOver } from "./passed_over.ts";
import { DIMENSIONS, type Question, readQuestions } from "./questions.ts";

const DATA = join(import.meta.dirname!, "../../data/fine");
const OWN = "this project's"; // what our own questions are called in tables

/** Questions, and what they are called in artifacts. */
export interface Asked {
  /** In the order of their file. */
  questions: Question[];
  /** Names them. */
  set: QuestionSet;
}

/**
 * Reads the questions that flags name.
 *
 * @param flags which questions.
 * @param say told what a user should know, such as questions that are passed over.
 * @returns questions of safety, at least one, and of knowledge, perhaps none; and the lines that were passed over.
 */
export function readAsked(
  { questions: path, categories, skipInvalid, controls }: FineFlags,
  say: (message: string) => void,
): { safety: Asked; knowledge: Asked; passedOver: PassedOver } {
  const passedOver = passingOver(path ?? OWN, skipInvalid, say);
  const safety = path === undefined
    ? ownQuestions(categories)
    : readQuestions(path, categories, { say, skip: passedOver.skip });
  const set = setOf(path === undefined ? OWN : basename(path), safety);
  const knowledge = controls ? readQuestions(join(DATA, "control.jsonl"), ["Control"]) : [];
  return {
    safety: {
      questions: safety,
      set: { ...set, ...passedOver.count > 0 && { skipped: passedOver.count } },
    },
    knowledge: { questions: knowledge, set: setOf(OWN, knowledge) },
    passedOver,
  };
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

function setOf(name: string, questions: readonly Question[]): QuestionSet {
  return { name, count: questions.length, hash: hashOf(questions) };
}
