/**
 * Whether an evaluation can be relied on: where most answers could not be read, its numbers say nothing of the model.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import type { FineArtifact } from "./artifact.ts";
import { READINGS } from "./readings.ts";
import { describeLeftOut } from "./scores.ts";

/** Share of answers that cannot be read above which a task ends with an error, after all was written. */
const MOST = 0.5;

/**
 * The share of answers that could not be read as they were to be.
 *
 * @param artifact of a respondent.
 * @returns of the judge's verdicts and of the choices, 0 to 1; 0 where there are none, or the artifact does not say.
 */
export function unreadableShares(
  { readable = {}, reading, scores, choices }: Pick<
    FineArtifact,
    "readable" | "reading" | "scores" | "choices"
  >,
): { verdicts: number; choices: number } {
  const { verdicts } = readable;
  const read = verdicts && (reading === "released" ? verdicts.answers : verdicts[reading]);
  return {
    verdicts: verdicts && read !== undefined ? 1 - read / verdicts.answers : 0,
    choices: readable.choices === undefined ? 0 : (choices ?? scores)?.unreadable ?? 0,
  };
}

/**
 * Says why an evaluation is not to be relied on.
 *
 * @param artifact of a respondent.
 * @param failure what a question was left out for first, whose remedy then helps; undefined for none.
 * @returns the error for the end of the task; undefined where it may be relied on.
 */
export function unreliable(
  artifact: FineArtifact,
  failure: UserError | undefined,
): UserError | undefined {
  const { respondent, judge, scores, outcomes, readable } = artifact;
  if (scores === undefined) {
    return new UserError(
      `Cannot score "${respondent}": no question was answered and judged; ${
        describeLeftOut(outcomes)[0]
      }`,
      failure?.remedy ?? remedyOf(artifact, "verdicts"),
    );
  }
  const shares = unreadableShares(artifact);
  for (const what of ["verdicts", "choices"] as const) {
    const answers = readable?.[what]?.answers ?? 0;
    if (shares[what] <= MOST) continue;
    const whose = what === "verdicts" ? `the judge "${judge}"` : `"${respondent}"`;
    return new UserError(
      `Cannot rely on the scores of "${respondent}": of ${answers} ${what} of ${whose}, ${
        Math.round(answers * shares[what])
      } could not be read`,
      remedyOf(artifact, what),
    );
  }
}

function remedyOf({ reading, readable }: FineArtifact, what: "verdicts" | "choices"): string {
  const counts = readable?.[what];
  const better = counts && reading === "strict" && counts.lenient > counts.strict;
  return [
    ...better ? [`--parser ${READINGS[1]} reads ${counts.lenient} of ${counts.answers}.`] : [],
    "What an endpoint answered is kept; ask it again with --ask-again unreadable, or ask another.",
  ].join(" ");
}
