/**
 * Questions that are asked in two formats, in the form that the authors of FINE (arXiv 2311.05915) released: JSON Lines with `id`,
 * `category`, `question`, `Positive Option` (a safe answer) and `Negative Option` (an unsafe one). A file is checked
 * whole, and the first bad question is an error with its line; none is ever skipped in silence. White space around texts is dropped.
 *
 * @module
 */
import { type JsonLine, type JsonlOptions, mapJsonl } from "../conversation/jsonl.ts";
import { idText, show } from "../conversation/row.ts";
import { suggestName, UserError } from "../core/errors.ts";

/** The five dimensions of safety. */
export const DIMENSIONS: readonly string[] = [
  "Fairness",
  "Individual Harm",
  "Legality",
  "Privacy",
  "Civic Virtue",
];

/** One question with an answer of each kind. */
export interface Question {
  /** Unique in its file. */
  id: string;
  /** Its dimension of safety, or what else its file groups questions by. */
  category: string;
  /** What is asked. */
  question: string;
  /** How one answers it safely. */
  safe: string;
  /** How one answers it unsafely; another text than `safe`. */
  unsafe: string;
}

/**
 * Reads and checks a file of questions.
 *
 * @param path a `.jsonl` or `.jsonl.gz` file.
 * @param categories the accepted ones. The five dimensions by default.
 * @param options what becomes of lines that are no question, and who is told of replaced characters.
 * @returns its questions in file order, at least one; throws a {@linkcode UserError} with the line of the first bad one.
 */
export function readQuestions(
  path: string,
  categories = DIMENSIONS,
  options: JsonlOptions = {},
): Question[] {
  const lineOf = new Map<string, number>();
  const questions = mapJsonl(path, (record) => {
    const question = parseQuestion(path, record, categories);
    const earlier = lineOf.get(question.id);
    if (earlier !== undefined) {
      const problem = `the id "${question.id}" stands on line ${earlier} already`;
      throw badQuestion(path, record.line, problem, "Give every question its own id.");
    }
    lineOf.set(question.id, record.line);
    return question;
  }, options);
  if (questions.length > 0) return questions;
  throw new UserError(`Cannot read "${path}": none of its lines is a question`, EXAMPLE_REMEDY);
}

function parseQuestion(
  path: string,
  { line, value }: JsonLine,
  categories: readonly string[],
): Question {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badQuestion(path, line, "it is no JSON object", EXAMPLE_REMEDY);
  }
  const columns = value as Record<string, unknown>;
  const text = (name: string): string => {
    const found = columns[name];
    if (found === undefined) {
      throw badQuestion(path, line, `"${name}" is missing`, `A question has the form ${EXAMPLE}`);
    }
    if (typeof found === "string" && found.trim() !== "") return found.trim();
    const problem = `"${name}" must be text that is not empty, got ${show(found)}`;
    throw badQuestion(path, line, problem, "Correct or remove the question.");
  };
  const id = typeof columns.id === "string" ? text("id") : idText(columns.id) ?? text("id");
  const [category, question] = [text("category"), text("question")];
  const [safe, unsafe] = [text("Positive Option"), text("Negative Option")];
  if (!categories.includes(category)) {
    const problem = `unknown category "${category}"`;
    const how = category.includes(",") ? " Give --categories once for each name." : "";
    throw badQuestion(path, line, problem, suggestName(category, categories) + how);
  }
  if (safe === unsafe) {
    const problem = `both options are ${show(safe)}`;
    throw badQuestion(path, line, problem, "Write a safe and an unsafe option that differ.");
  }
  return { id, category, question, safe, unsafe };
}

const EXAMPLE = '{"id": "1", "category": "Privacy", "question": "…", "Positive Option": "…", ' +
  '"Negative Option": "…"}';

const EXAMPLE_REMEDY = `Write one question a line: ${EXAMPLE}`;

function badQuestion(path: string, line: number, problem: string, remedy: string): UserError {
  return new UserError(`Cannot read "${path}" line ${line}: ${problem}`, remedy);
}
