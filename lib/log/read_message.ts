/**
 * One message, of any interface, taken apart: who speaks, and the pieces of what is said and done.
 *
 * @module
 */
import type { Speaker } from "../conversation/render.ts";
import { show } from "../conversation/row.ts";
import { isObject } from "../core/exact_json.ts";
import { jsonOf, textOfCall } from "./call_text.ts";
import { Fields, type Refuse } from "./fields.ts";
import { answerOf, isPartType, piecesOf } from "./parts.ts";
import { type Piece, said } from "./piece.ts";

const SPEAKER_OF: Record<string, Speaker> = {
  user: "Human",
  human: "Human",
  assistant: "Assistant",
  ai: "Assistant",
  model: "Assistant",
  gpt: "Assistant",
  system: "System",
  developer: "System",
  tool: "Function",
  function: "Function",
  observation: "Function",
  function_response: "Function",
  tool_response: "Function",
  function_call: "Function",
  chatbot: "Assistant", // Cohere
  chatgpt: "Assistant", // ShareGPT, by the name of who answered
  bard: "Assistant",
  bing: "Assistant",
  claude: "Assistant",
  prompter: "Human", // OpenAssistant
  ipython: "Function", // Llama 3
};

/** The name of a role as the table has it, whatever its case; undefined for what is none. */
function knownRole(role: unknown): string | undefined {
  if (typeof role !== "string") return undefined;
  const name = role.toLowerCase().replaceAll("-", "_");
  return Object.hasOwn(SPEAKER_OF, name) ? name : undefined;
}

/** What LangChain calls messages when it dumps them. */
const LANGCHAIN = /^(Human|AI|System|Tool|Function|Chat)Message(?:Chunk)?$/;

/** A message, and what it is made of. */
export interface Message {
  /** Whose it is. */
  speaker: Speaker;
  /** What is said and done, in order. */
  pieces: Piece[];
}

/**
 * Takes a message apart.
 *
 * @param given of any interface that `logs.ts` names.
 * @param refuse throws the error of the message.
 * @returns its pieces: thoughts, words, then calls, unless its content has an order of its own; refuses what is not understood.
 */
export function readMessage(given: unknown, refuse: Refuse): Message {
  if (!isObject(given)) return refuse(`it must be an object, got ${show(given)}`);
  const { role, message } = unwrap(given, refuse);
  if (role === undefined && isPartType(message.type)) {
    return { speaker: "Assistant", pieces: piecesOf([message], refuse) }; // an item of OpenAI's Responses
  }
  const fields = new Fields(message, refuse);
  fields.take("role", "from");
  const type = fields.take("type");
  const isThought = fields.take("channel") === "analysis"; // of gpt-oss
  const recipient = fields.take("recipient"); // of gpt-oss and ChatGPT's export: the tool that is called
  const name = knownRole(role) ?? refuse(
    role === undefined && typeof type === "string"
      ? `items of the type ${show(type)} are not understood`
      : `"role" must be ${Object.keys(SPEAKER_OF).join(", ")}, got ${show(role)}`,
  );
  const speaker = SPEAKER_OF[name];
  const pieces = name === "function_call"
    ? callsIn(fields.text("value", "content") ?? "", refuse)
    : readFields(fields, speaker, ["content", "value", "parts"].some((name) => name in message));
  fields.end();
  if (speaker === "Assistant" && typeof recipient === "string" && !PEOPLE.has(recipient)) {
    return { speaker, pieces: callTo(recipient, pieces, refuse) };
  }
  if (isThought) return { speaker, pieces: pieces.map(asThought) };
  if (speaker !== "Function" || pieces.some(({ kind }) => kind === "result" || kind === "call")) {
    return { speaker, pieces };
  }
  return { speaker, pieces: [{ kind: "result", pieces }] };
}

/** Recipients of a message that are no tools. */
const PEOPLE = new Set(["all", "user", "assistant"]);

/** A message to a tool is a call of it; what else it holds stays as it is. */
function callTo(name: string, pieces: Piece[], refuse: Refuse): Piece[] {
  const given = pieces.flatMap((piece) => piece.kind === "said" ? [piece.text] : []).join("\n");
  const others = pieces.filter(({ kind }) => kind !== "said");
  if (others.some(({ kind }) => kind === "call")) {
    refuse(`a message to ${show(name)} must hold one call, got others in it`);
  }
  return [...others, { kind: "call", id: undefined, name, given }];
}

/** LangChain dumps a message as its class and what it was made of, or as its type and data. */
function unwrap(
  given: Record<string, unknown>,
  refuse: Refuse,
): { role: unknown; message: Record<string, unknown> } {
  const { lc, id, kwargs, type, data, role, from } = given;
  if (lc !== undefined && isObject(kwargs)) {
    const kind = LANGCHAIN.exec(String(Array.isArray(id) ? id.at(-1) : ""))?.[1].toLowerCase();
    return { role: kwargs.role ?? kind ?? refuse(`${show(id)} is no message`), message: kwargs };
  }
  if (isObject(data) && typeof type === "string") {
    return { role: data.role ?? type, message: data };
  }
  const kind = knownRole(LANGCHAIN.exec(String(type))?.[1] ?? type); // of a chunk: AIMessageChunk
  return { role: role ?? from ?? (kind === "function_call" ? undefined : kind), message: given };
}

/** All that a message says and does, in the order in which it is written: thoughts, words, calls. */
function readFields(fields: Fields, speaker: Speaker, hasContent: boolean): Piece[] {
  const { refuse } = fields;
  const extra = fields.take("additional_kwargs");
  const kwargs = isObject(extra) ? new Fields(extra, refuse) : undefined;
  const all = kwargs === undefined ? [fields] : [fields, kwargs];
  const thoughts = all.flatMap(thoughtsOf);
  const given = fields.take("content", "value", "parts") ?? [];
  const content = speaker === "Function" ? answerOf(given, refuse) : piecesOf(given, refuse);
  const parts = piecesOf(fields.take("parts"), refuse); // of Vercel, which repeat the content
  const words = all.flatMap((of) => [
    ...said(of.text("refusal")),
    ...things("audio", of.take("audio"), refuse),
    ...things("file", of.take("attachments"), refuse),
    ...things("image", of.take("images"), refuse),
  ]);
  const calls = all.flatMap(callsOf); // a list for each form
  kwargs?.end();
  const pieces = merged([...thoughts, ...withoutRepeated(parts, content), words, ...calls]);
  if (pieces.length > 0 || hasContent) return pieces;
  fields.end(); // names a field that is not understood
  return refuse('"content" is missing');
}

/** Parts, and a content if it has words that the parts have not. */
function withoutRepeated(parts: Piece[], content: Piece[]): Piece[][] {
  const wordsOf = (pieces: Piece[]) =>
    pieces.map((piece) => piece.kind === "said" ? piece.text.trim() : "").join("");
  return wordsOf(parts).includes(wordsOf(content))
    ? [parts, content.filter(isThing)]
    : [content, parts];
}

const isThing = (piece: Piece) => piece.kind !== "said";

const THOUGHTS =
  ("reasoning_content reasoning thinking thought thoughts thinking_blocks reasoning_details tool_plan")
    .split(" ");

/** The thoughts of a message, a list for each field that has some. */
function thoughtsOf(fields: Fields): Piece[][] {
  return THOUGHTS.map((name) =>
    piecesOf(withKnownTypes(fields.take(name)), fields.refuse)
      .filter((piece) => piece.kind !== "said" || piece.text !== "")
      .map(asThought)
  );
}

const asThought = (piece: Piece): Piece =>
  piece.kind === "said" ? { ...piece, kind: "thought" } : piece;

/** OpenRouter names the types of its thoughts `reasoning.text`, `reasoning.summary` and `reasoning.encrypted`. */
function withKnownTypes(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((part) =>
    isObject(part) && /^reasoning\.\w+$/.test(String(part.type))
      ? { ...part, type: "reasoning", format: null }
      : part
  );
}

/** What is attached to a message: one thing or a list; an object may hold the words of the thing. */
function things(type: string, value: unknown, refuse: Refuse): Piece[] {
  const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
  return list.flatMap((thing) => {
    if (!isObject(thing)) return piecesOf({ type, source: thing }, refuse);
    return piecesOf({ ...thing, type: isPartType(thing.type) ? thing.type : type }, refuse);
  });
}

/** The calls of a message, a list for each form that they have. */
function callsOf(fields: Fields): Piece[][] {
  const { refuse } = fields;
  const lists = ["tool_calls", "invalid_tool_calls"].map((name) => {
    const calls = fields.take(name) ?? [];
    if (!Array.isArray(calls)) return refuse(`"${name}" must be a list, got ${show(calls)}`);
    return calls.flatMap((call) => callOf(call, refuse));
  });
  const former = fields.take("function_call");
  const invoked = fields.take("toolInvocations"); // of Vercel
  return [
    ...lists,
    ...former === undefined ? [] : [callOf(former, refuse)],
    ...invoked === undefined ? [] : [piecesOf(
      (Array.isArray(invoked) ? invoked : [invoked])
        .map((toolInvocation) => ({ type: "tool-invocation", toolInvocation })),
      refuse,
    )],
  ];
}

function callOf(call: unknown, refuse: Refuse): Piece[] {
  if (!isObject(call)) return refuse(`a call must name its function, got ${show(call)}`);
  const ofCall: Refuse = (problem) => refuse(`${problem}, got ${show(call)}`);
  return piecesOf({ ...call, type: "tool_call" }, ofCall);
}

/** ShareGPT writes a call as JSON with name and arguments, or a list of such. */
function callsIn(text: string, refuse: Refuse): Piece[] {
  const value = jsonOf(text);
  const calls = Array.isArray(value) ? value : [value];
  if (calls.every((call) => isObject(call) && typeof call.name === "string")) {
    return calls.flatMap((call) => callOf(call, refuse));
  }
  return [{ kind: "call", id: undefined, name: text, given: undefined }];
}

/** All lists, one behind the other, without what an earlier list has: interfaces repeat calls and thoughts in other forms. */
function merged(lists: Piece[][]): Piece[] {
  return lists.reduce((before, list) => {
    let isRepeated = false; // the call before, and so what came of it
    const added = list.filter((piece) => {
      if (piece.kind === "result") return !isRepeated;
      const isKnown = before.some((other) => isSame(piece, other));
      isRepeated = isKnown && piece.kind === "call";
      return !isKnown;
    });
    return [...before, ...added];
  }, []);
}

function isSame(a: Piece, b: Piece): boolean {
  if (a.kind === "call" && b.kind === "call") {
    return a.id !== undefined && b.id !== undefined
      ? a.id === b.id
      : textOfCall(a) === textOfCall(b);
  }
  return "text" in a && "text" in b && a.kind === b.kind && a.text === b.text;
}
