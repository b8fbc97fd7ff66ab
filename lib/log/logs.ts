/**
 * A user's own conversations: JSON Lines or Parquet in which every record has one of these shapes, and records of different shapes
 * may follow one another. `messages.ts` says how they are written as text.
 *
 * | columns                                                     | whose shape                                          |
 * | ----------------------------------------------------------- | ---------------------------------------------------- |
 * | `conversation`: text                                        | a row of a suite                                     |
 * | `text`                                                      | plain text without turns                             |
 * | `messages` (or `conversation`): list                        | OpenAI, Anthropic (with `system`), Converse, Vercel, LangChain, TRL |
 * | `conversations`: list of `from` and `value`                 | ShareGPT                                             |
 * | `contents`, `systemInstruction`, `candidates`               | Gemini                                               |
 * | `instructions`, `input`, `output`                           | OpenAI Responses                                     |
 * | `prompt` and `response` or `completion`: text or messages   | a question and its answer; TRL                       |
 * | `choices`, `output`, or `role` and `content`, alone or behind what was asked | a reply as the interface gave it    |
 *
 * Pairs to compare (`chosen`, `rejected`) are two conversations, and refused. A record may have an `id`. Columns of other names are
 * ignored, and with a whole conversation no other that holds speech is accepted.
 *
 * @module
 */
import { ID_DOMAINS } from "../conversation/domains.ts";
import { replacedNote } from "../conversation/jsonl.ts";
import { type FileRecord, readRecords } from "../conversation/records.ts";
import { joinTurns, saysNothing, splitTurns } from "../conversation/render.ts";
import { badRow, DistinctIds, idText, labelOf, type Row, show } from "../conversation/row.ts";
import { isObject } from "../core/exact_json.ts";
import { SPEECH_COLUMNS } from "./columns.ts";
import type { Refuse } from "./fields.ts";
import { type RenderOptions, withoutMarkedThoughts } from "./messages.ts";
import { readConversation } from "./shapes.ts";

/** One conversation of a log. */
export interface LogEntry {
  /** Its id as text; undefined where the record gives none. */
  id: string | undefined;
  /** Its id as the record gives it, to be written again: text, a number, or one kept as its digits. */
  givenId: unknown;
  /** The conversation as one string, not blank. */
  conversation: string;
  /** What in it has no text, by name and how often, and `U+FFFD` for lone surrogates that were replaced. */
  notes: Notes;
}

/** What is to be told once of all conversations: how often each thing was found that has no text. */
export type Notes = Record<string, number>;

const REPLACED = "U+FFFD";

const REMEDY = 'A line is {"conversation": "…"}, ' +
  '{"messages": [{"role": "user", "content": "…"}, …]}, {"prompt": "…", "response": "…"} or {"text": "…"}, or has one of ' +
  "the shapes that docs/your-own-logs.md lists; what is not understood can be renamed or taken out.";

/**
 * The columns of a Parquet file that a log needs: those that may hold speech, ids and labels.
 *
 * @param name of a column.
 * @returns whether it is read.
 */
export function chooseLogColumn(name: string): boolean {
  return SPEECH_COLUMNS.includes(name) || ["id", "malign", "safe"].includes(name);
}

/**
 * Reads one record of a log.
 *
 * @param path the file, for the error.
 * @param record what it holds.
 * @param options what is left out.
 * @returns the conversation; throws a `UserError` that says what was found and which shapes are accepted.
 */
export function parseLogEntry(
  path: string,
  { place, value, replaced }: Pick<FileRecord, "place" | "value" | "replaced">,
  options: RenderOptions = { thoughts: true },
): LogEntry {
  const refuse: Refuse = (problem) => {
    throw badRow(path, place, problem, REMEDY);
  };
  const columns = isObject(value) ? value : refuse(`it is no JSON object, got ${show(value)}`);
  const read = readConversation(columns, refuse, options);
  const isText = "text" in read;
  const conversation = isText ? textWith(read.text, options) : joinTurns(read.turns);
  if (isText ? saysNothing(conversation) : !read.says) {
    refuse(
      options.thoughts
        ? "nobody says anything in it: there is only white space"
        : "nobody says anything in it but thoughts, which are left out",
    );
  }
  const notes = { ...read.named, ...replaced > 0 && { [REPLACED]: replaced } };
  const { id: givenId } = columns;
  return { id: idOf(givenId, refuse), givenId: givenId ?? undefined, conversation, notes };
}

/** A conversation that is text already; its thoughts stand between marks in what the assistant says. */
function textWith(conversation: string, { thoughts }: RenderOptions): string {
  if (thoughts) return conversation;
  return splitTurns(conversation).map(({ speaker, text, start, end }) => {
    if (speaker !== undefined && speaker !== "Assistant") return conversation.slice(start, end);
    const marker = conversation.slice(start, end - text.length);
    return marker + withoutMarkedThoughts(text);
  }).join("");
}

/**
 * Adds notes to others.
 *
 * @param sum what was found so far; it is changed.
 * @param notes of one more conversation.
 */
export function addNotes(sum: Notes, notes: Notes): void {
  for (const [name, count] of Object.entries(notes)) sum[name] = (sum[name] ?? 0) + count;
}

/**
 * What to say of notes.
 *
 * @param path the file.
 * @param notes of all its conversations.
 * @returns sentences, none where there is nothing to say.
 */
export function describeNotes(path: string, { [REPLACED]: replaced, ...named }: Notes): string[] {
  const things = Object.entries(named).sort(([a], [b]) => a < b ? -1 : 1);
  return [
    ...things.length === 0 ? [] : [
      `"${path}" has parts without text, of which no more than the name is scored: ${
        things.map(([name, count]) => `${count} [${name}]`).join(", ")
      }.`,
    ],
    ...replaced ? [replacedNote(path, replaced)] : [],
  ];
}

/** How {@linkcode readLabelledLog} reads. */
export interface LabelledLogOptions extends Partial<RenderOptions> {
  /** Told, once a file, what stands in it by name alone. */
  say?: (message: string) => void;
}

/**
 * Reads a file of labelled conversations to train on: a log whose records have a label, `malign` (or `safe`, its opposite).
 * All count as in distribution, since what a monitor is trained on is its distribution; a column `domain` is ignored. A column
 * `scene` names rows that resemble each other, such as those of one user or one template.
 *
 * @param path a file of JSON Lines, gzipped or not, or of Parquet.
 * @param options what is left out, and whom to tell.
 * @returns rows in the order of the file, a record without an id named by its place; throws a `UserError` at the first bad one.
 */
export async function readLabelledLog(
  path: string,
  { thoughts = true, say }: LabelledLogOptions = {},
): Promise<Row[]> {
  const rows: Row[] = [];
  const ids = new DistinctIds(path);
  const notes: Notes = {};
  const choose = (name: string) => chooseLogColumn(name) || name === "scene";
  for await (const record of readRecords(path, choose)) {
    const { place } = record;
    const entry = parseLogEntry(path, record, { thoughts });
    const value = record.value as Record<string, unknown>;
    const malign = labelOf(path, place, value);
    const scene = sceneOf(path, place, value);
    const { id = place, conversation } = entry;
    ids.add(id, place);
    addNotes(notes, entry.notes);
    rows.push({
      id,
      conversation,
      domain: ID_DOMAINS[0],
      malign,
      ...scene !== undefined && { scene },
    });
  }
  ids.requireSome();
  describeNotes(path, notes).forEach((sentence) => say?.(sentence));
  return rows;
}

function sceneOf(path: string, place: string, { scene }: Record<string, unknown>) {
  if (scene === undefined || scene === null) return undefined;
  const name = idText(scene);
  if (name !== undefined) return name;
  const problem = `"scene" must be text or a number, got ${show(scene)}`;
  throw badRow(path, place, problem, "Name what the row belongs to, or leave the column out.");
}

function idOf(id: unknown, refuse: Refuse): string | undefined {
  if (id === undefined || id === null) return undefined;
  return idText(id) ?? refuse(`"id" must be text or a number, got ${show(id)}`);
}
