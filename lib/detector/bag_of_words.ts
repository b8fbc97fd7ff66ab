/**
 * A baseline that knows words and no meaning: logistic regression on the words and pairs of neighbouring
 * words of a conversation, fitted to the labels of training rows. A monitor that does not beat it has
 * learned vocabulary. Features as in scikit-learn's `TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)`:
 *
 *     x(t) = (1 + ln count(t)) · (1 + ln((1 + n) / (1 + rows with t))),   then x / ‖x‖
 *
 * Speaker names are words like others. The strength of the penalty is chosen on the training rows alone,
 * by the log loss of rows held out scene by scene.
 *
 * @module
 */
import {
  fitLogisticRegression,
  logOdds,
  type SparseRow,
  sparseRows,
} from "../stats/logistic_regression.ts";
import { chooseC, dealFolds, type LabelledRow } from "./folds.ts";

/** What fitting needs to know of a row. */
export interface BagOfWordsRow extends LabelledRow {
  /** The text. */
  conversation: string;
}

/** Options for {@linkcode fitBagOfWords}. */
export interface BagOfWordsOptions {
  /** A term counts if it occurs in at least so many training rows. Defaults to 3. */
  minRows?: number;
  /** Candidates for the C of the regression, ascending. Defaults to 1, 3, 10, 30, 100. */
  candidates?: readonly number[];
}

/** A fitted bag of words. */
export interface BagOfWords {
  /** The C that was chosen. */
  C: number;
  /** Number of terms. */
  terms: number;
  /** Log-odds of being unsafe for each conversation. Danger points up. */
  score(conversations: readonly string[]): Float64Array;
}

/**
 * Fits the vocabulary, its weights and C; the same rows give the same scores, bit for bit.
 *
 * @param rows training rows of both labels; nothing else is looked at.
 * @param options which terms count, and which C are tried.
 * @returns a scorer of conversations; throws a `UserError` where too few scenes have a label.
 */
export function fitBagOfWords(
  rows: readonly BagOfWordsRow[],
  { minRows = 3, candidates = [1, 3, 10, 30, 100] }: BagOfWordsOptions = {},
): BagOfWords {
  const counted = rows.map((row) => countTerms(row.conversation));
  const vocabulary = fitVocabulary(counted, minRows);
  const vectors = counted.map((counts) => vectorise(counts, vocabulary));
  const labels = rows.map((row) => row.malign);
  const d = vocabulary.size;
  const folds = dealFolds(rows, "a bag of words");
  const featuresOf = (chosen: readonly number[]) => sparseRows(chosen.map((i) => vectors[i]), d);
  const C = chooseC(candidates, labels, folds, featuresOf);
  const model = fitLogisticRegression(sparseRows(vectors, d), labels, { C });
  return {
    C,
    terms: d,
    score(conversations) {
      const vectors = conversations.map((text) => vectorise(countTerms(text), vocabulary));
      return logOdds(model, sparseRows(vectors, d));
    },
  };
}

/** How often each word and each pair of neighbours occurs, in order of appearance. */
function countTerms(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1);
  let previous: string | undefined;
  for (const word of text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []) {
    add(word);
    if (previous !== undefined) add(`${previous} ${word}`);
    previous = word;
  }
  return counts;
}

/** What a term's count is multiplied with, and its place in the vector. */
interface Term {
  column: number;
  idf: number;
}

function fitVocabulary(
  counted: readonly Map<string, number>[],
  minRows: number,
): Map<string, Term> {
  const rowsWith = new Map<string, number>();
  for (const counts of counted) {
    for (const term of counts.keys()) rowsWith.set(term, (rowsWith.get(term) ?? 0) + 1);
  }
  const vocabulary = new Map<string, Term>();
  for (const [term, count] of rowsWith) {
    if (count < minRows) continue;
    const idf = 1 + Math.log((1 + counted.length) / (1 + count));
    vocabulary.set(term, { column: vocabulary.size, idf });
  }
  return vocabulary;
}

/** A row of length 1, or empty where no term is known. */
function vectorise(counts: Map<string, number>, vocabulary: Map<string, Term>): SparseRow {
  const columns: number[] = [];
  const values: number[] = [];
  let squared = 0;
  for (const [term, count] of counts) {
    const known = vocabulary.get(term);
    if (known === undefined) continue;
    const value = (1 + Math.log(count)) * known.idf;
    columns.push(known.column);
    values.push(value);
    squared += value ** 2;
  }
  const norm = Math.sqrt(squared);
  return { columns, values: values.map((value) => value / norm) };
}
