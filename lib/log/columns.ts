/**
 * The columns of a line in which somebody may have said something, by their names.
 *
 * @module
 */
import { isObject } from "../core/exact_json.ts";
import { mayBeSaid } from "./fields.ts";

/** The columns of a line by name. */
export type Columns = Record<string, unknown>;

/** Columns with instructions to the model, which come first. */
export const FRONT: readonly string[] = [
  "system",
  "instructions",
  "systemInstruction",
  "system_instruction",
];

/** Columns with a conversation of messages. */
export const LISTS: readonly string[] = ["messages", "conversations", "contents"];

/** Columns with what was said first, if there is no conversation. */
export const PROMPTS: readonly string[] = ["prompt", "input"];

/** Columns with what the model answered. */
export const ANSWERS: readonly string[] = [
  "response",
  "completion",
  "output",
  "choices",
  "candidates",
  "content",
];

/** Columns that go with an answer. */
export const BESIDE: readonly string[] =
  ("reasoning_content reasoning thinking thinking_blocks reasoning_details tool_calls invalid_tool_calls function_call " +
    "refusal additional_kwargs").split(" ");

/** Columns with a whole conversation as text. */
export const WHOLE: readonly string[] = ["conversation", "text"];

/** Columns with several answers to compare, of TRL, HH, OpenAI's tuning and others. */
export const PAIR: readonly string[] =
  ("chosen rejected chosen_response rejected_response preferred_output non_preferred_output response_a response_b response_0 response_1 " +
    "response_2 conversation_a conversation_b completions responses generations").split(" ");

/** Columns with a request as an interface got it, or a batch of them: an object whose fields are columns themselves. */
export const REQUESTS: readonly string[] = ["request", "input", "body", "params"];

/** Columns with things that have no text, and what stands for each in the conversation. */
export const THINGS: Record<string, string> = {
  image: "image",
  images: "image",
  audio: "audio",
  audios: "audio",
  video: "video",
  videos: "video",
};

/** Columns that hold speech in shapes that are not understood: read without them, a line would be read by half. */
const OTHERS = (
  "analysis answer chain_of_thought chat_history chat_messages context dialog dialogue history instruction query question " +
  "scratchpad thought thoughts turns"
).split(" ");

/** Columns that hold speech where there is more than a word in them, and else perhaps a label. */
const PERHAPS =
  ("assistant bot generation generated_text human message model_output model_response prediction replies reply transcript user_input")
    .split(" ");

/** All columns in which somebody may have said something. */
export const SPEECH_COLUMNS: readonly string[] = [
  ...WHOLE,
  ...LISTS,
  ...PROMPTS,
  ...ANSWERS,
  ...PAIR,
  ...FRONT,
  ...BESIDE,
  ...REQUESTS.filter((name) => !PROMPTS.includes(name)),
  ...OTHERS,
  ...PERHAPS,
  "role",
  "output_text",
];

/** Columns that may stand beside a row of a suite. */
const NOT_READ = new Set([
  ...OTHERS,
  ...PERHAPS,
  ...REQUESTS.filter((name) => !PROMPTS.includes(name)),
]);

/**
 * Whether a column holds speech; of OpenAI's Responses, some hold settings.
 *
 * @param name of the column.
 * @param columns all of the line.
 * @returns false where it is empty, or holds labels, numbers or settings.
 */
export function holdsSpeech(name: string, columns: Columns): boolean {
  const value = columns[name];
  if (value === undefined || value === null) return false;
  const isEmpty = value === "" || Array.isArray(value) && value.length === 0;
  if (isEmpty && [...FRONT, ...BESIDE].includes(name)) return false;
  if (OTHERS.includes(name)) return mayBeSaid(value, true);
  if (PERHAPS.includes(name)) return mayBeSaid(value, false);
  if (name === "body" || name === "params") return isObject(value);
  if (name === "role") return columns.content !== undefined && !("messages" in columns);
  if (name === "output_text") return columns.output === undefined; // the same once more
  return !isSetting(name, value);
}

function isSetting(name: string, value: unknown): boolean {
  if (!isObject(value)) return false;
  if (name === "conversation" || name === "prompt") {
    return typeof value.id === "string" && !mayBeSaid(value, false); // refers to one that stands elsewhere
  }
  return name === "text" || name === "reasoning" && ("effort" in value || "summary" in value);
}

/**
 * Finds a column with speech that nobody reads.
 *
 * @param columns of a line, or fields of a reply.
 * @returns the name of the first whose name says so, or that holds messages under another name; undefined where there is none.
 */
export function notUnderstood(columns: Columns): string | undefined {
  return Object.keys(columns).find((name) =>
    SPEECH_COLUMNS.includes(name)
      ? NOT_READ.has(name) && holdsSpeech(name, columns)
      : holdsMessages(columns[name])
  );
}

/**
 * Whether a column may stand beside a whole conversation.
 *
 * @param name of the column.
 * @returns true for those that are read with messages only, or not at all.
 */
export function standsBeside(name: string): boolean {
  return NOT_READ.has(name);
}

/** Whether there are messages somewhere in a value. */
function holdsMessages(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsMessages);
  if (!isObject(value)) return false;
  const isMessage = typeof (value.role ?? value.from) === "string" &&
    mayBeSaid(value.content ?? value.value ?? value.parts, true);
  return isMessage || Object.values(value).some(holdsMessages);
}
