/**
 * A user's own conversations: JSON Lines in which every line has one of these shapes, and lines of different shapes may follow
 * one another.
 *
 *     {"conversation": "\n\nHuman: …\n\nAssistant: …"}                   a row of a suite; other columns are ignored
 *     {"messages": [{"role": "user", "content": "…"}, …]}              as OpenAI's chat interface has them
 *     {"prompt": "…", "response": "…"}                                 one question and its answer
 *     {"text": "…"}                                                    plain text without turns
 *
 * A line may have an `id`. Messages become turns as the embedded suite has them: a call is `Function: call NAME ARGUMENTS`, what a
 * tool answers is `Function: result …`.
 *
 * @module
 */
import { ID_DOMAINS } from "./domains.ts";
import { type JsonLine, readJsonl } from "./jsonl.ts";
import { joinTurns, type Speaker, type Turn } from "./render.ts";
import { badRow, labelOf, type Row, show } from "./row.ts";

/** One conversation of a log. */
export interface LogEntry {
  /** As the line gives it; undefined where it gives none. */
  id: string | undefined;
  /** The conversation as one string, not blank. */
  conversation: string;
}

type Columns = Record<string, unknown>;

/** Throws the error of a line, with what is wrong with it. */
type Refuse = (problem: string) => never;

/** By the column that tells a shape, how its conversation is read. */
const SHAPES: Record<string, (columns: Columns, refuse: Refuse) => string> = {
  conversation: (columns, refuse) => textOf(columns, "conversation", refuse),
  messages: ({ messages }, refuse) => joinTurns(turnsOf(messages, refuse)),
  prompt: (columns, refuse) =>
    joinTurns([
      { speaker: "Human", text: textOf(columns, "prompt", refuse) },
      { speaker: "Assistant", text: textOf(columns, "response", refuse) },
    ]),
  text: (columns, refuse) => textOf(columns, "text", refuse),
};

const REMEDY = 'A line is {"conversation": "…"}, ' +
  '{"messages": [{"role": "user", "content": "…"}, …]}, {"prompt": "…", "response": "…"} or {"text": "…"}.';

const SPEAKER_OF: Record<string, Speaker> = {
  user: "Human",
  assistant: "Assistant",
  system: "System",
  developer: "System",
  tool: "Function",
  function: "Function",
};

/**
 * Reads one line of a log.
 *
 * @param path the file, for the error.
 * @param record what the line holds.
 * @returns the conversation; throws a `UserError` that says what was found and which shapes are accepted.
 */
export function parseLogEntry(path: string, { line, value }: JsonLine): LogEntry {
  const refuse: Refuse = (problem) => {
    throw badRow(path, `line ${line}`, problem, REMEDY);
  };
  const columns = isObject(value) ? value : refuse(`it is no JSON object, got ${show(value)}`);
  const shapes = Object.keys(SHAPES).filter((name) => columns[name] !== undefined);
  if (shapes.length !== 1) {
    const found = Object.keys(columns).join(", ") || "no columns";
    return refuse(
      shapes.length === 0
        ? `it has none of the accepted shapes, got ${shorten(found)}`
        : `it must have one shape only, got ${shapes.join(" and ")}`,
    );
  }
  return { id: idOf(columns, refuse), conversation: SHAPES[shapes[0]](columns, refuse) };
}

/**
 * Reads a file of labelled conversations to train on: a log whose lines have a label, `malign` (or `safe`, its opposite).
 * All count as in distribution, since what a monitor is trained on is its distribution; a column `domain` is ignored.
 *
 * @param path a `.jsonl` or `.jsonl.gz` file.
 * @returns rows in the order of the file, a line without an id named by its number; throws a `UserError` at the first bad line.
 */
export function readLabelledLog(path: string): Row[] {
  const lineOf = new Map<string, number>();
  return readJsonl(path).map((record) => {
    const { line, value } = record;
    const { id = `line ${line}`, conversation } = parseLogEntry(path, record);
    const malign = labelOf(path, `line ${line}`, value as Columns);
    const earlier = lineOf.get(id);
    if (earlier !== undefined) {
      const problem = `the id "${id}" stands on line ${earlier} already`;
      throw badRow(path, `line ${line}`, problem, "Give every row its own id.");
    }
    lineOf.set(id, line);
    return { id, conversation, domain: ID_DOMAINS[0], malign };
  });
}

function idOf({ id }: Columns, refuse: Refuse): string | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id === "string" || typeof id === "number") return String(id);
  return refuse(`"id" must be text or a number, got ${show(id)}`);
}

function textOf(columns: Columns, name: string, refuse: Refuse): string {
  const text = columns[name];
  if (typeof text === "string" && text.trim() !== "") return text;
  return refuse(`"${name}" must be text that is not empty, got ${show(text)}`);
}

function turnsOf(messages: unknown, refuse: Refuse): Turn[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    return refuse(`"messages" must be a list that is not empty, got ${show(messages)}`);
  }
  return messages.flatMap((message, i) =>
    turnsOfMessage(message, (problem) => refuse(`message ${i + 1}: ${problem}`))
  );
}

function turnsOfMessage(message: unknown, refuse: Refuse): Turn[] {
  if (!isObject(message)) return refuse(`it must be an object, got ${show(message)}`);
  const { role, content, refusal } = message;
  const speaker = typeof role === "string" && Object.hasOwn(SPEAKER_OF, role)
    ? SPEAKER_OF[role]
    : refuse(`"role" must be ${Object.keys(SPEAKER_OF).join(", ")}, got ${show(role)}`);
  const said = saidBy(content ?? refusal, refuse);
  if (speaker === "Function") return [{ speaker, text: `result ${said}` }];
  const calls = callsOf(message, refuse);
  return said === "" && calls.length > 0 ? calls : [{ speaker, text: said }, ...calls];
}

/** The text of a message: a string, nothing, or parts, of which those that are no text are named in brackets. */
function saidBy(content: unknown, refuse: Refuse): string {
  if (content === undefined || content === null) return "";
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) {
    return refuse(`"content" must be text, null or a list of parts, got ${show(content)}`);
  }
  return content.map((part) => {
    if (!isObject(part)) return refuse(`a part of "content" must be an object, got ${show(part)}`);
    const text = part.text ?? part.refusal;
    if (typeof text === "string") return text;
    return `[${typeof part.type === "string" ? part.type : "part without text"}]`;
  }).join("\n");
}

/** The calls of a message, in today's form (`tool_calls`) and the former (`function_call`). */
function callsOf({ tool_calls, function_call }: Columns, refuse: Refuse): Turn[] {
  const calls = tool_calls ?? (function_call ? [{ function: function_call }] : []);
  if (!Array.isArray(calls)) return refuse(`"tool_calls" must be a list, got ${show(calls)}`);
  return calls.map((call) => {
    const called = isObject(call) ? call.function ?? call.custom : undefined;
    if (!isObject(called) || typeof called.name !== "string") {
      return refuse(`a call must name its function, got ${show(call)}`);
    }
    const given = called.arguments ?? called.input ?? "";
    const text = typeof given === "string" ? given : JSON.stringify(given);
    return { speaker: "Function", text: `call ${called.name} ${text}`.trimEnd() };
  });
}

function isObject(value: unknown): value is Columns {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
