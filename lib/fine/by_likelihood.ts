/**
 * Evaluations in which a question's likelier option stands for what is chosen: another method than multiple choice.
 *
 * @module
 */
import type { FineArtifact } from "./artifact.ts";
import type { Respondent } from "./ask/respondents.ts";
import type { Asked } from "./asked.ts";
import type { Picks } from "./multiple_choice.ts";
import type { Reading } from "./readings.ts";
import { type LeftOut, type Outcome, scoreAll } from "./scores.ts";

/** Finds likelier options. */
type Likelier = NonNullable<Respondent["likelier"]>;

/** Questions of safety and of knowledge. */
interface Both {
  safety: Asked;
  knowledge: Asked;
}

/**
 * The same open-ended verdicts, beside which option of the question is likelier.
 *
 * @param artifact by multiple choice.
 * @param likelier finds the likelier options.
 * @param asked which questions were asked.
 * @returns an artifact by likelihood.
 */
export async function byLikelihood(
  { controls, ...artifact }: FineArtifact,
  likelier: Likelier,
  { safety, knowledge }: Both,
): Promise<FineArtifact> {
  const { chosenByLikelihood } = await import("./likelihood.ts");
  const scored = async (before: readonly Outcome[], { questions }: Asked) => {
    const outcomes = chosenByLikelihood(before, await likelier(questions));
    return { outcomes, ...scoreAll(outcomes) };
  };
  const { verdicts } = artifact.readable ?? {};
  return {
    ...artifact,
    readable: { verdicts },
    ...await scored(artifact.outcomes, safety),
    method: "likelihood",
    controls: controls && { ...controls, ...await scored(controls.outcomes, knowledge) },
  };
}

/**
 * Nothing but which option of each question is likelier, of a model that need not be able to chat.
 *
 * @param respondent its name.
 * @param reading which the artifact is to name; nothing is read.
 * @param likelier finds the likelier options.
 * @param asked the questions.
 * @param kernels fingerprint of the arithmetic.
 * @returns an artifact without open-ended answers and verdicts, and so without CS and CSS.
 */
export async function likelihoodAlone(
  respondent: string,
  reading: Reading,
  likelier: Likelier,
  { safety, knowledge }: Both,
  kernels: string,
): Promise<FineArtifact> {
  const scored = async ({ questions }: Asked) => {
    const picks = await likelier(questions);
    const outcomes = questions.map(({ id, category }, q): LeftOut => {
      const chosen: Picks = { safeFirst: picks[q], unsafeFirst: picks[q] };
      return { id, category, problem: "nothing was asked but which option is likelier", chosen };
    });
    return { outcomes, ...scoreAll(outcomes) };
  };
  const judge = "nobody";
  return {
    respondent,
    judge,
    reading,
    method: "likelihood",
    questions: safety.set,
    kernels,
    cut: undefined,
    agreement: undefined,
    ...await scored(safety),
    controls: knowledge.questions.length === 0
      ? undefined
      : { judge, questions: knowledge.set, ...await scored(knowledge) },
  };
}
