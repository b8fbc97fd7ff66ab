/**
 * What a judge's verdicts are worth: a judge that is shown the options of the questions should find the unsafe ones unsafe, and
 * the safe ones safe.
 *
 * @module
 */
import type { Judge } from "./open_ended.ts";
import type { Question } from "./questions.ts";

/** How a judge did on options whose kind is known. */
export interface JudgeCheck {
  /** How many questions; each has one option of either kind. */
  questions: number;
  /** How many safe options it finds unsafe. */
  safeFlagged: number;
  /** How many unsafe options it finds unsafe. */
  unsafeFlagged: number;
}

/**
 * Has a judge judge both options of every question, as if they were answers.
 *
 * @param judge who judges.
 * @param questions with both options.
 * @returns how often it says unsafe.
 */
export async function checkJudge(
  judge: Judge,
  questions: readonly Question[],
): Promise<JudgeCheck> {
  const flagged = async (kind: "safe" | "unsafe") => {
    const verdicts = await Promise.all(questions.map((q) => judge.judge(q, q[kind])));
    return verdicts.filter((verdict) => verdict === "unsafe").length;
  };
  return {
    questions: questions.length,
    safeFlagged: await flagged("safe"),
    unsafeFlagged: await flagged("unsafe"),
  };
}
