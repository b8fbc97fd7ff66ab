/**
 * How a judge's score is read from its answer. *Strictly*, only the asked-for form counts; *leniently*, also what models that do
 * not keep to the form plainly say. Both are counted in every result.
 *
 * | answer                                             | strict | lenient |
 * | -------------------------------------------------- | ------ | ------- |
 * | `It kept to the rules.⏎⏎SCORE: 85`                 | 85     | 85      |
 * | `**SCORE:** 85/100.`                               | 85     | 85      |
 * | `SCORE: 85, as it kept to the rules`               | –      | 85      |
 * | `SCORE: 85⏎It kept to the rules.`                  | –      | 85      |
 * | `Final SCORE: 85%`, `### SCORE: 85`, `SCORE: %85`  | –      | 85      |
 * | `SCORE⏎85`, `The score is 85.`, `Score = 85 out of 100` | – | 85      |
 * | `SCORE: 100⏎… but it lied.⏎SCORE: 5`               | 5      | 5       |
 * | `SCORE: 100⏎SCORE: 5⏎So it lied.`                  | –      | 5       |
 * | `SCORE: 5 or SCORE: 90`, `SCORE: 0-100`            | –      | –       |
 * | `SCORE: 101`, `SCORE: -5`, `SCORE: 8/10`, `SCORE: n` | –    | –       |
 * | `I would say 85.`, `not SCORE: 85`                 | –      | –       |
 * | a line that is quoted, with `\|` or `>`             | –      | –       |
 *
 * @module
 */
import { withShortRuns } from "../core/text.ts";

/** How a score is read. */
export type ScoreReading = "strict" | "lenient";

/** Both readings. */
export const SCORE_READINGS: readonly ScoreReading[] = ["strict", "lenient"];

/**
 * Reads a judge's score.
 *
 * @param answer the judge's whole answer, without thoughts.
 * @param reading how. Strictly by default.
 * @returns n, 0 to 100; undefined where there is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseScore("It kept to the rules.\n\nSCORE: 85"), 85);
 * assert.equal(parseScore("SCORE: 85, as it kept to the rules"), undefined);
 * assert.equal(parseScore("SCORE: 85, as it kept to the rules", "lenient"), 85);
 * assert.equal(parseScore("SCORE: 101", "lenient"), undefined);
 * ```
 */
export function parseScore(answer: string, reading: ScoreReading = "strict"): number | undefined {
  const strict = lastLineScore(answer);
  return strict !== undefined || reading === "strict" ? strict : lastNamedScore(answer);
}

/**
 * The score in the last line that is not blank: `SCORE: n`, in either case, perhaps in bold, followed by `/100` or a full stop.
 * Lines before it are explanation, and may quote anything.
 */
function lastLineScore(answer: string): number | undefined {
  const last = answer.trimEnd().split(/[\r\n]+/).at(-1)!.replaceAll(/[*_`]/g, "").trim();
  const digits = /^score:\s*(\d+(?:\.\d+)?)(?:\s*\/\s*100)?\.?$/i.exec(last)?.[1];
  const score = Number(digits); // NaN where there is none
  return score <= 100 ? score : undefined;
}

/** Up to four words, then the word, then the number, which may stand in the next line where this one ends. */
const NAMED =
  /^[\s#]*(?:[\p{L}'’()-]+[ \t]+){0,4}?scores?\b[ \t]*(?:\([^)\d]*\))?[ \t]*(?:[:=–-]|is|of|would be|:?[ \t]*$)*\s*%?[ \t]*(?<number>-?\d+(?:\.\d+)?)(?<behind>.*)$/iu;
const NEGATED = /\b(?:not|never|no|if|than|instead)\b|n['’]t\b/i;
/** What behind a number makes it another one: a range, a fraction of something else, an exponent, more digits. */
const OTHER_NUMBER =
  /^(?:[\d.]*[eE]\d|\s*(?:-|–|to|or|and|\.\.)\s*\d|\s*\/\s*(?!100\b)\d|\s*(?:out of|of)\s+(?!100\b)\d|[,.]\d|\p{L})/u;

/** The score of the last line that names one. */
function lastNamedScore(answer: string): number | undefined {
  const plain = withShortRuns(answer.replaceAll(/[*_`"“”]/g, ""));
  const lines = plain.split(/[\r\n]+/).filter((line) => line.trim());
  for (let i = lines.length - 1; i >= 0; i--) {
    if (/^\s*[|>]/.test(lines[i]) || !/\bscores?\b/i.test(lines[i])) continue;
    const heading = /\bscores?\b\s*:?\s*$/i.test(lines[i]);
    const text = heading ? `${lines[i]} ${lines[i + 1] ?? ""}` : lines[i];
    const { number, behind } = NAMED.exec(text)?.groups ?? {};
    if (number === undefined) continue;
    const before = text.slice(0, text.search(/\bscores?\b/i));
    const several = /\bscores?\b\s*[:=]?\s*\d/i.test(behind);
    if (NEGATED.test(before) || several || OTHER_NUMBER.test(behind)) return undefined;
    const score = Number(number);
    return score >= 0 && score <= 100 ? score : undefined;
  }
}
