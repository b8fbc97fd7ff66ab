/**
 * The shapes that a line of a log may have, told by the columns that hold speech ({@linkcode SPEECH_COLUMNS}): what comes before the
 * conversation, the conversation itself, and an answer to it. A line with speech in columns that do not go together is
 * refused, since one of them would be lost; columns of other names (labels, models, notes) are nobody's words.
 *
 * @module
 */
import { isObject } from "../core/exact_json.ts";
import type { Refuse } from "./fields.ts";
import { type Rendered, renderMessages, type RenderOptions } from "./messages.ts";
import { show } from "../conversation/row.ts";

type Columns = Record<string, unknown>;

/** Columns with instructions to the model, which come first. */
const FRONT = ["system", "instructions", "systemInstruction", "system_instruction"];

/** Columns with a conversation of messages. */
const LISTS = ["messages", "conversations", "contents"];

/** Columns with what was said first, if there is no conversation. */
const PROMPTS = ["prompt", "input"];

/** Columns with what the model answered. */
const ANSWERS = ["response", "completion", "output", "choices", "candidates", "content"];

/** Columns that go with an answer. */
const BESIDE = ["reasoning_content", "reasoning", "thinking", "tool_calls"];

/** Columns with a whole conversation as text. */
const WHOLE = ["conversation", "text"];

/** Columns with two answers to compare. */
const PAIR = ["chosen", "rejected"];

/** All columns in which somebody may have said something. */
export const SPEECH_COLUMNS: readonly string[] = [
  ...WHOLE,
  ...LISTS,
  ...PROMPTS,
  ...ANSWERS,
  ...PAIR,
  ...FRONT,
  ...BESIDE,
  "role",
  "output_text",
];

/** What a line holds: text as it is, or turns. */
export type Conversation = string | Rendered;

/**
 * Reads the conversation of a line.
 *
 * @param columns of the line.
 * @param refuse throws the error of the line.
 * @param options what is left out.
 * @returns the conversation; refuses a line that has none, or more than one.
 */
export function readConversation(
  columns: Columns,
  refuse: Refuse,
  options: RenderOptions,
): Conversation {
  const there = SPEECH_COLUMNS.filter((name) => holdsSpeech(name, columns));
  const pair = PAIR.filter((name) => there.includes(name));
  if (pair.length > 0) {
    return refuse(
      `${
        pair.join(" and ")
      } hold answers to compare, each a conversation of its own: write each on its own line, as messages, prompt and response, or text`,
    );
  }
  const bodies = there.filter((name) => [...WHOLE, ...LISTS, ...PROMPTS].includes(name));
  const answers = there.filter((name) => ANSWERS.includes(name));
  if (bodies.length + answers.length === 0) {
    return refuse(`it has none of the accepted shapes, got ${namesOf(columns)}`);
  }
  const [body] = bodies;
  const alone = WHOLE.includes(body) && !Array.isArray(columns[body]);
  const odd = alone ? there.slice(1) : [...bodies.slice(1), ...answers.slice(1)];
  if (odd.length > 0) {
    return refuse(
      `it must have one shape only, got ${
        [...new Set([...bodies, ...answers, ...odd])].join(" and ")
      }`,
    );
  }
  if (alone) return textIn(columns, body, refuse);
  return renderMessages(
    messagesOf(columns, body, answers[0], refuse),
    body ?? answers[0],
    refuse,
    options,
  );
}

/** Whether a column holds anything; of OpenAI's Responses, some hold settings. */
function holdsSpeech(name: string, columns: Columns): boolean {
  const value = columns[name];
  if (value === undefined || value === null) return false;
  if ([...FRONT, ...BESIDE].includes(name) && (value === "" || listed(value).length === 0)) {
    return false;
  }
  if (name === "role") return columns.content !== undefined && !("messages" in columns);
  if (name === "output_text") return columns.output === undefined; // the same once more
  const isSetting = name === "text" && isObject(value) ||
    name === "reasoning" && isObject(value) && ("effort" in value || "summary" in value);
  return !isSetting;
}

function messagesOf(
  columns: Columns,
  body: string | undefined,
  answer: string | undefined,
  refuse: Refuse,
): unknown {
  const front = FRONT.filter((name) => holdsSpeech(name, columns))
    .map((name) => ({ role: "system", ...contentOf(columns[name]) }));
  const said = body === undefined ? [] : bodyOf(columns, body, refuse);
  if (!Array.isArray(said) || LISTS.includes(body ?? "") && said.length === 0) return said;
  const needsAnswer = body === "prompt" || body === "input" && typeof columns.input === "string";
  if (needsAnswer && answer === undefined) textIn(columns, "response", refuse);
  const beside = BESIDE.filter((name) => holdsSpeech(name, columns));
  if (answer === undefined) {
    if (beside.length > 0) refuse(`${beside.join(" and ")} must go with an answer, got none`);
    return [...front, ...said];
  }
  const answered = answerOf(columns, answer, refuse);
  if (beside.length > 0) {
    const last = answered.at(-1);
    if (!isObject(last)) return refuse(`${beside.join(" and ")} must go with an answer`);
    const more = Object.fromEntries(beside.map((name) => [name, columns[name]]));
    answered[answered.length - 1] = { ...last, ...more };
  }
  return [...front, ...said, ...answered];
}

/** What was said before an answer: messages, or one message of the user. */
function bodyOf(columns: Columns, body: string, refuse: Refuse): unknown {
  const value = columns[body];
  if (body === "contents") return listed(value).map(asUser);
  if (Array.isArray(value) || !PROMPTS.includes(body)) return value;
  return [{ role: "user", content: textIn(columns, body, refuse) }];
}

const listed = (value: unknown): unknown[] => Array.isArray(value) ? value : [value];

/** In Gemini's contents, a role may be missing, and a text stand for a message. */
const asUser = (content: unknown) =>
  isObject(content) ? { ...content, role: content.role ?? "user" } : { role: "user", content };

/** What the system said may be text, parts, or an object with parts. */
const contentOf = (value: unknown) =>
  isObject(value) && ("parts" in value || "content" in value)
    ? { content: value.parts ?? value.content }
    : { content: value };

/** An answer as messages: a text, a message, a list of them, or the whole reply of an interface. */
function answerOf(columns: Columns, name: string, refuse: Refuse): unknown[] {
  const value = columns[name];
  if (name === "content") return [{ role: columns.role ?? "assistant", content: value }];
  if (name === "choices" || name === "candidates") return [onlyChoice(value, name, refuse)];
  if (typeof value === "string") {
    return [{ role: "assistant", content: textIn(columns, name, refuse) }];
  }
  if (Array.isArray(value) && value.length > 0) return [...value];
  if (!isObject(value)) return [textIn(columns, name, refuse)];
  const inner = ["choices", "candidates", "output", "message"].find((key) => key in value);
  if (inner === "message") return listed(value.message);
  return inner === undefined
    ? [{ ...value, role: value.role ?? "assistant" }]
    : answerOf(value, inner, (problem) => refuse(`"${name}": ${problem}`));
}

/** The message of the only choice. */
function onlyChoice(value: unknown, name: string, refuse: Refuse): unknown {
  if (!Array.isArray(value) || value.length !== 1 || !isObject(value[0])) {
    return refuse(`"${name}" must be a list of one answer, got ${show(value)}`);
  }
  const { message, content, text } = value[0];
  if (isObject(message)) return { ...message, role: message.role ?? "assistant" };
  if (isObject(content)) return { ...content, role: content.role ?? "model" };
  return { role: "assistant", content: text };
}

function textIn(columns: Columns, name: string, refuse: Refuse): string {
  const text = columns[name];
  if (typeof text === "string" && text.trim() !== "") return text;
  return refuse(`"${name}" must be text that is not empty, got ${show(text)}`);
}

function namesOf(columns: Columns): string {
  const names = Object.keys(columns).join(", ") || "no columns";
  return names.length > 80 ? `${names.slice(0, 80)}…` : names;
}
