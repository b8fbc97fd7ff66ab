/**
 * Answers recorded elsewhere, without hashes of our requests: JSON Lines, each
 *
 *     {"id": "q1", "order": "open-ended", "text": "…"}
 *
 * with the question's id, and in which format it was asked: `open-ended`, or in multiple choice with `safe first` or
 * `unsafe first`. A judge's lines need no order, for a question has one verdict. Thoughts are no answer, here neither.
 *
 * @module
 */
import { z } from "zod";
import type { Answer, ChatClient } from "../../chat/client.ts";
import { splitThoughts } from "../../chat/thoughts.ts";
import { readJsonl } from "../../conversation/jsonl.ts";
import { UserError } from "../../core/errors.ts";
import { checked } from "../../core/schema.ts";
import { choicePrompt, type Label } from "../multiple_choice.ts";
import { type Judge, openPrompt, readVerdict } from "../open_ended.ts";
import type { Question } from "../questions.ts";
import type { Reading } from "../readings.ts";

const ORDERS = ["open-ended", "safe first", "unsafe first"] as const;

const Told = z.object({
  id: z.union([z.string(), z.int().transform(String)], "must be text or a whole number"),
  order: z.enum(ORDERS, `must be one of ${ORDERS.map((order) => `"${order}"`).join(", ")}`)
    .optional(),
  text: z.string("must be text").transform((text): Answer => splitThoughts(text.toWellFormed())),
}, "must be an object");

/**
 * Whether a file holds answers by questions' ids, and not a recording.
 *
 * @param path a `.jsonl` or `.jsonl.gz` file.
 * @returns true where its first line has a `text` and no `request`.
 */
export function isTold(path: string): boolean {
  const [{ value }] = readJsonl(path);
  const { request, text } = { ...value as { request?: unknown; text?: unknown } };
  return request === undefined && text !== undefined;
}

/** Texts by id and order. */
function readTold(
  path: string,
  questions: readonly Question[],
  judge: boolean,
): Map<string, Answer> {
  const known = new Set(questions.map(({ id }) => id));
  const texts = new Map<string, Answer>();
  for (const { line, value } of readJsonl(path)) {
    const place = `Cannot read "${path}" line ${line}`;
    const remedy = 'An answer has the form {"id": "q1", "order": "open-ended", "text": "…"}';
    const { id, order, text } = checked(Told, value, place, remedy);
    if (!known.has(id)) continue; // of a question that is not asked this time
    if (!judge && order === undefined) {
      throw new UserError(`${place}: "order" is missing`, remedy);
    }
    const key = keyOf(id, judge ? undefined : order);
    if (texts.has(key)) {
      throw new UserError(
        `${place}: "${id}"${judge ? "" : ` in the order "${order}"`} has an answer already`,
        "Give every question one answer in each order.",
      );
    }
    texts.set(key, text);
  }
  return texts;
}

type Order = typeof ORDERS[number];

const keyOf = (id: string, order: Order | undefined) => JSON.stringify([id, order]);

/**
 * Opens answers by questions' ids.
 *
 * @param path a `.jsonl` or `.jsonl.gz` file.
 * @param name whose answers they are.
 * @param questions that will be asked.
 * @returns a client; asked what was not answered, it throws a {@linkcode UserError}.
 */
export function toldClient(
  path: string,
  name: string,
  questions: readonly Question[],
): ChatClient {
  const texts = readTold(path, questions, false);
  const prompts = new Map(
    questions.flatMap((question): [string, [string, Order]][] => [
      [openPrompt(question)[0].content, [question.id, "open-ended"]],
      ...(["safe first", "unsafe first"] as const).map((order): [string, [string, Order]] => [
        choicePrompt(question, order)[0].content,
        [question.id, order],
      ]),
    ]),
  );
  return {
    name,
    ask(messages) {
      const [id, order] = prompts.get(messages.at(-1)!.content) ?? ["?", "open-ended" as const];
      const text = texts.get(keyOf(id, order));
      return text === undefined
        ? Promise.reject(missing(path, name, id, order))
        : Promise.resolve(text);
    },
  };
}

/**
 * Opens verdicts by questions' ids.
 *
 * @param path a `.jsonl` or `.jsonl.gz` file.
 * @param name who judged.
 * @param questions that will be asked.
 * @param reading how the verdicts are read.
 * @returns a judge; asked about what was not judged, it throws a {@linkcode UserError}.
 */
export function toldJudge(
  path: string,
  name: string,
  questions: readonly Question[],
  reading: Reading,
): Judge {
  const texts = readTold(path, questions, true);
  const verdict = ({ id }: Question) => {
    const { text } = texts.get(keyOf(id, undefined)) ?? {};
    if (text === undefined) return Promise.reject(missing(path, name, id, undefined));
    const read = (by: Reading): Label | undefined => readVerdict(text, by);
    return Promise.resolve({
      label: read(reading),
      strict: read("strict") !== undefined,
      lenient: read("lenient") !== undefined,
    });
  };
  return { name, verdict, judge: async (question) => (await verdict(question)).label };
}

function missing(path: string, name: string, id: string, order: Order | undefined): UserError {
  const where = order === undefined ? "" : ` in the order "${order}"`;
  return new UserError(
    `Cannot answer as ${name}: "${path}" has no answer to the question "${id}"${where}`,
    "Add it, or ask fewer questions.",
  );
}
