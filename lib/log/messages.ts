/**
 * Messages as turns: one rendering for all interfaces, so that the same conversation gives the same text whichever of them it was
 * had through. Everything that a person or a model said or did is in the text:
 *
 * | what                                   | text                                                                      |
 * | -------------------------------------- | ------------------------------------------------------------------------- |
 * | words                                  | a turn of `Human`, `Assistant` or `System`; parts on lines of their own   |
 * | a thought                              | `<think>\n…\n</think>\n\n` before the words of its turn, as open models write it |
 * | a call of a tool                       | `Function: call NAME ARGUMENTS`, arguments that are JSON as Python writes it: `{"a": 1}` |
 * | what a tool answered                   | `Function: result …`, data as JSON                                        |
 * | a refusal, a transcript, a document    | their words                                                               |
 * | an image, audio without transcript, …  | `[image]`, `[audio]`, `[video]`, `[file]`, `[document]`; they are counted |
 * | a thought that is kept secret          | `<think>\n[redacted_thinking]\n</think>`; it is counted                   |
 *
 * Ids, names of speakers, models, times, token counts, citations, and whether a tool says of itself that it failed are no part of
 * the text. Of two calls with the same id that one message holds in two forms, as LangChain's do, one is written; without ids, of
 * two that are the same.
 *
 * @module
 */
import { isBlank, type Speaker, type Turn } from "../conversation/render.ts";
import { show } from "../conversation/row.ts";
import { textOfCall } from "./call_text.ts";
import type { Refuse } from "./fields.ts";
import type { Piece } from "./piece.ts";
import { type Message, readMessage } from "./read_message.ts";

/** Turns, and what in them has no text. */
export interface Rendered {
  /** What is said, in order. */
  turns: Turn[];
  /** How often each thing is in them that has no text, by name: image, audio, …. */
  named: Record<string, number>;
  /** Whether anybody said or did anything: false where all is white space. */
  says: boolean;
}

/** What {@linkcode renderMessages} leaves out. */
export interface RenderOptions {
  /** Whether thoughts are part of the text. */
  thoughts: boolean;
}

/**
 * Renders messages.
 *
 * @param messages a list, each of any of the shapes that the table of `logs.ts` names; a string is the user's.
 * @param name of the field that holds them, for errors.
 * @param refuse throws the error of the line.
 * @param options what is left out.
 * @returns their turns; refuses what is not understood, with the number of its message.
 */
export function renderMessages(
  messages: unknown,
  name: string,
  refuse: Refuse,
  { thoughts }: RenderOptions,
): Rendered {
  if (!Array.isArray(messages) || messages.length === 0) {
    return refuse(`"${name}" must be a list that is not empty, got ${show(messages)}`);
  }
  const named: Record<string, number> = {};
  const count = (thing: string) => named[thing] = (named[thing] ?? 0) + 1;
  const read = joined(
    messages.map((message, i) =>
      readMessage(message, (problem) => refuse(`message ${i + 1}: ${problem}`))
    ),
  );
  const turns = read.flatMap((message) => {
    const pieces = thoughts
      ? message.pieces
      : message.pieces.flatMap(withoutThought(message.speaker));
    const isGone = pieces.length === 0 && message.pieces.length > 0; // there were thoughts only
    return isGone ? [] : turnsOf({ ...message, pieces }, count);
  });
  const says = read.some(({ pieces }) => pieces.some((piece) => saysSomething(piece, thoughts)));
  return { turns, named, says };
}

/** OpenAI's Responses give a thought as an item of its own, before the message that comes of it. */
function joined(messages: readonly Message[]): Message[] {
  const all: Message[] = [];
  for (const message of messages) {
    const last = all.at(-1);
    const isThought = last?.speaker === "Assistant" && last.pieces.length > 0 &&
      last.pieces.every(isThoughtPiece);
    if (isThought && message.speaker === "Assistant") {
      all[all.length - 1] = { ...message, pieces: [...last.pieces, ...message.pieces] };
    } else all.push(message);
  }
  return all;
}

function isThoughtPiece(piece: Piece): boolean {
  return piece.kind === "thought" || piece.kind === "named" && piece.thought;
}

function saysSomething(piece: Piece, thoughts: boolean): boolean {
  if (piece.kind === "call") return true;
  if (piece.kind === "named") return thoughts || !piece.thought;
  if (piece.kind === "result") return piece.pieces.some((part) => saysSomething(part, thoughts));
  return !isBlank(piece.text) && (thoughts || piece.kind === "said");
}

/** Thoughts are pieces of their own, or stand in the words of the model in marks that open models make. */
const withoutThought = (speaker: Speaker) => (piece: Piece): Piece[] => {
  if (isThoughtPiece(piece)) return [];
  if (piece.kind !== "said" || speaker !== "Assistant") return [piece];
  return [{ kind: "said", text: withoutMarkedThoughts(piece.text) }];
};

/**
 * Leaves out what stands between `<think>` and `</think>`, or `<thinking>` and `</thinking>`. Where the first mark is missing, as
 * a chat template may have set it, all before the second is a thought, and where the second is missing, all behind the first.
 *
 * @param text the words of a model.
 * @returns the rest.
 */
export function withoutMarkedThoughts(text: string): string {
  const rest = text.replace(/<(think|thinking)>[\s\S]*?(?:<\/\1>\s*|$)/g, "");
  return rest.replace(/^[\s\S]*<\/(?:think|thinking)>\s*/, "");
}

/** The turns of one message: words that follow one another are one, every call and every answer of a tool its own. */
function turnsOf({ speaker, pieces }: Message, count: (thing: string) => void): Turn[] {
  const turns: Turn[] = [];
  const [thoughts, words]: [string[], string[]] = [[], []];
  const flush = () => {
    const thought = thoughts.length === 0 ? [] : [`<think>\n${thoughts.join("\n")}\n</think>`];
    const text = words.join("\n");
    if (thought.length > 0 || text !== "") {
      turns.push({ speaker, text: [...thought, ...text === "" ? [] : [text]].join("\n\n") });
    }
    [thoughts.length, words.length] = [0, 0];
  };
  for (const piece of pieces) {
    if (piece.kind === "call" || piece.kind === "result") {
      flush();
      const text = piece.kind === "call"
        ? textOfCall(piece)
        : `result ${textOfResult(piece, count)}`;
      turns.push({ speaker: "Function", text });
      continue;
    }
    const isThought = isThoughtPiece(piece);
    if (isThought && words.length > 0) flush(); // it came to mind later
    (isThought ? thoughts : words).push(textOf(piece, count));
  }
  flush();
  return turns.length > 0 ? turns : [{ speaker, text: "" }];
}

type Call = Extract<Piece, { kind: "call" }>;
type Result = Extract<Piece, { kind: "result" }>;

function textOf(piece: Exclude<Piece, Call | Result>, count: (thing: string) => void): string {
  if (piece.kind !== "named") return piece.text;
  count(piece.name);
  return `[${piece.name}]`;
}

function textOfResult({ pieces }: Result, count: (thing: string) => void): string {
  return pieces.map((piece): string => {
    if (piece.kind === "call") return textOfCall(piece);
    return piece.kind === "result" ? textOfResult(piece, count) : textOf(piece, count);
  }).join("\n");
}
