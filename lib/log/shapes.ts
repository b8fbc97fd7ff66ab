/**
 * The shapes that a line of a log may have, told by the columns that hold speech ({@linkcode SPEECH_COLUMNS}): what comes before the
 * conversation, the conversation itself, and an answer to it. A line with speech in columns that do not go together is
 * refused, since one of them would be lost; columns of other names (labels, models, notes) are nobody's words.
 *
 * @module
 */
import { isObject } from "../core/exact_json.ts";
import { cutText } from "../core/text.ts";
import type { Refuse } from "./fields.ts";
import { type Rendered, renderMessages, type RenderOptions } from "./messages.ts";
import { show } from "../conversation/row.ts";

/** The columns of a line by name. */
export type Columns = Record<string, unknown>;

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

/** Columns with a request as an interface got it: an object whose fields are columns themselves. */
const REQUESTS = ["request", "input"];

/** Columns that hold speech in shapes that are not understood: read without them, a line would be read by half. */
const OTHERS = (
  "analysis answer chain_of_thought chat_history chat_messages context dialog dialogue history instruction query question " +
  "scratchpad thought thoughts turns"
).split(" ");

/** All columns in which somebody may have said something. */
export const SPEECH_COLUMNS: readonly string[] = [
  ...WHOLE,
  ...LISTS,
  ...PROMPTS,
  ...ANSWERS,
  ...PAIR,
  ...FRONT,
  ...BESIDE,
  "request",
  ...OTHERS,
  "role",
  "output_text",
];

/** What a line holds: text as it is, or turns. */
export type Conversation = string | Rendered;

/**
 * Reads the conversation of a line.
 *
 * @param given the columns of the line.
 * @param refuse throws the error of the line.
 * @param options what is left out.
 * @returns the conversation; refuses a line that has none, or more than one.
 */
export function readConversation(
  given: Columns,
  refuse: Refuse,
  options: RenderOptions,
): Conversation {
  const columns = withRequest(given, refuse);
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
  const others = there.filter((name) => OTHERS.includes(name) || name === "request");
  const isRow = typeof columns.conversation === "string"; // of a suite, where all may stand beside it
  if (others.length > 0 && !isRow) {
    refuse(`the column "${others[0]}" is not understood, got ${show(columns[others[0]])}`);
  }
  const alone = WHOLE.includes(body) && !Array.isArray(columns[body]);
  const odd = alone
    ? there.filter((name) => name !== body && !OTHERS.includes(name))
    : [...bodies.slice(1), ...answers.slice(1)];
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

/** The fields of a request beside the other columns. */
function withRequest(given: Columns, refuse: Refuse): Columns {
  const name = REQUESTS.find((name) => isObject(given[name]));
  if (name === undefined) return given;
  const { [name]: request, ...columns } = given;
  const twice = SPEECH_COLUMNS.find((key) =>
    holdsSpeech(key, columns) && holdsSpeech(key, request as Columns)
  );
  if (twice !== undefined) refuse(`"${twice}" stands in it and in its "${name}"`);
  return { ...request as Columns, ...columns };
}

/** Whether a column holds anything; of OpenAI's Responses, some hold settings. */
function holdsSpeech(name: string, columns: Columns): boolean {
  const value = columns[name];
  if (value === undefined || value === null) return false;
  const isEmpty = value === "" || Array.isArray(value) && value.length === 0;
  if (isEmpty && [...FRONT, ...BESIDE, ...OTHERS].includes(name)) {
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
  if (body === undefined && typeof columns[answer] === "string" && answer !== "content") {
    refuse(`"${answer}" must go with what was asked, got it alone`);
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
  const inner = ["choices", "candidates", "output", "message", "body"].find((key) => key in value);
  if (inner === "message") return listed(value.message);
  if (inner === "body") return answerOf({ response: value.body }, "response", refuse);
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
  return names.length > 80 ? `${cutText(names, 80)}…` : names;
}
