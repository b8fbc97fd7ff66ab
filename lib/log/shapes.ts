/**
 * The shapes that a line of a log may have, told by the columns that hold speech ({@linkcode SPEECH_COLUMNS}): what comes before the
 * conversation, the conversation itself, and an answer to it. A line with speech in columns that do not go together is
 * refused, since one of them would be lost; columns of other names (labels, models, notes) are nobody's words.
 *
 * @module
 */
import { isObject } from "../core/exact_json.ts";
import { cutText } from "../core/text.ts";
import {
  ANSWERS,
  BESIDE,
  type Columns,
  FRONT,
  holdsSpeech,
  LISTS,
  notUnderstood,
  PAIR,
  PROMPTS,
  REQUESTS,
  SPEECH_COLUMNS,
  standsBeside,
  THINGS,
  WHOLE,
} from "./columns.ts";
import { Fields, mayBeSaid, type Refuse } from "./fields.ts";
import { type Rendered, renderMessages, type RenderOptions } from "./messages.ts";
import { splitTurns } from "../conversation/render.ts";
import { show } from "../conversation/row.ts";

/** What a line holds: text as it is, or turns; and what in it has no text, by name and how often. */
export type Conversation = { text: string; named: Record<string, number> } | Rendered;

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
  const isRow = typeof columns.conversation === "string"; // of a suite, where all may stand beside it
  const other = isRow ? undefined : notUnderstood(columns);
  if (other !== undefined) {
    refuse(`the column "${other}" is not understood, got ${show(columns[other])}`);
  }
  const alone = WHOLE.includes(body) && !Array.isArray(columns[body]);
  const odd = alone
    ? there.filter((name) => name !== body && !standsBeside(name))
    : [...bodies.slice(1), ...answers.slice(1)];
  if (odd.length > 0) {
    return refuse(
      `it must have one shape only, got ${
        [...new Set([...bodies, ...answers, ...odd])].join(" and ")
      }`,
    );
  }
  const things = isRow ? {} : thingsIn(columns, refuse);
  if (alone) return { text: textIn(columns, body, refuse), named: things };
  const messages = messagesOf(columns, body, answers[0], refuse);
  const rendered = renderMessages(messages, body ?? answers[0], refuse, options);
  return { ...rendered, named: { ...things, ...rendered.named } };
}

/** What has no text and stands beside the messages, which perhaps say where it belongs. */
function thingsIn(columns: Columns, refuse: Refuse): Record<string, number> {
  const named: Record<string, number> = {};
  for (const [column, name] of Object.entries(THINGS)) {
    if (isObject(columns[column]) && mayBeSaid(columns[column], false)) {
      refuse(`the column "${column}" is not understood, got ${show(columns[column])}`);
    }
    const count = listed(columns[column] ?? []).filter((thing) =>
      thing !== null && thing !== ""
    ).length;
    if (count > 0) named[name] = count;
  }
  return named;
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
    const twice = beside.find((name) => last[name] !== undefined && last[name] !== null);
    if (twice !== undefined) refuse(`"${twice}" stands in the answer and beside it`);
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
  return askedIn(textIn(columns, body, refuse));
}

/** The messages of a prompt: one of the user, or turns that end where the assistant is to speak, as in HH. */
function askedIn(prompt: string): unknown[] {
  const turns = splitTurns(prompt);
  const isBegun = turns.at(-1)?.speaker === "Assistant" && turns.at(-1)?.text.trim() === "";
  if (
    !isBegun || turns[0].speaker === undefined ||
    turns.some(({ speaker }) => speaker === "Function")
  ) {
    return [{ role: "user", content: prompt }];
  }
  return turns.slice(0, -1).map(({ speaker, text }) => ({
    role: speaker?.toLowerCase(),
    content: text,
  }));
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
  if (name === "content") {
    const { role, type } = columns; // a message of LangChain says by its type whose it is
    return [{
      ...role === undefined && type !== undefined ? { type } : { role: role ?? "assistant" },
      content: value,
    }];
  }
  if (name === "choices" || name === "candidates") return [onlyChoice(value, name, refuse)];
  if (typeof value === "string") {
    return [{ role: "assistant", content: textIn(columns, name, refuse) }];
  }
  if (Array.isArray(value) && value.length > 0) return [...value];
  if (!isObject(value)) return [textIn(columns, name, refuse)];
  const inner = ["choices", "candidates", "output", "message", "body"].find((key) => key in value);
  if (inner !== undefined) refuseRest(value, inner, (problem) => refuse(`"${name}": ${problem}`));
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
  const fields = new Fields(value[0], refuse);
  const [message, content] = [fields.take("message"), fields.take("content")];
  const text = isObject(message) || isObject(content) ? undefined : fields.take("text");
  fields.end();
  if (isObject(message)) return { ...message, role: message.role ?? "assistant" };
  if (isObject(content)) return { ...content, role: content.role ?? "model" };
  return { role: "assistant", content: text };
}

/** Refuses a reply that says more than what is read of it. */
function refuseRest(reply: Columns, read: string, refuse: Refuse): void {
  const { [read]: _, output_text: __, role: ___, ...rest } = reply;
  const other = SPEECH_COLUMNS.find((name) => holdsSpeech(name, rest)) ?? notUnderstood(rest);
  if (other !== undefined) {
    refuse(`the field "${other}" is not understood, got ${show(rest[other])}`);
  }
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
