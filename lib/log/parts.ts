/**
 * The parts of a message, as the interfaces of OpenAI (Chat, Responses), Anthropic, Google (Gemini), Amazon (Converse), LangChain,
 * MCP and Vercel have them. A part tells what it is by its `type`, or, where it has none, by the field that it holds. What is not in
 * the tables below is refused by its name.
 * @module
 */
import { isObject, spacedJson } from "../core/exact_json.ts";
import { Fields, type Refuse } from "./fields.ts";
import { named, type Piece, said } from "./piece.ts";
import { show } from "../conversation/row.ts";
import { media, type Reader, thingWith } from "./things.ts";
import { withoutVercel } from "./vercel.ts";

const REDACTED = named("redacted_thinking", true);

/**
 * Reads whatever a content may be: text, a part, or a list of both.
 *
 * @param content of a message, or of a part.
 * @param refuse throws the error of the message.
 * @returns its pieces in order, none where there is no content; refuses parts that are not understood.
 */
export function piecesOf(content: unknown, refuse: Refuse): Piece[] {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return said(content);
  if (isObject(content)) return piecesOfPart(content, refuse);
  if (!Array.isArray(content)) {
    return refuse(`"content" must be text, null or a list of parts, got ${show(content)}`);
  }
  return content.flatMap((part, i) => {
    const ofPart: Refuse = (problem) => refuse(`part ${i + 1}: ${problem}`);
    if (typeof part === "string" || isObject(part)) return piecesOf(part, ofPart);
    return ofPart(`it must be an object, got ${show(part)}`);
  });
}

/**
 * Whether something is a part by its type.
 *
 * @param type what it says of itself.
 * @returns false also for what is no text.
 */
export function isPartType(type: unknown): boolean {
  return typeof type === "string" && readerOf(type) !== undefined;
}

function piecesOfPart(given: Record<string, unknown>, refuse: Refuse): Piece[] {
  return withoutVercel(given).flatMap((part) => {
    const fields = new Fields(part, refuse);
    const pieces = readerOfPart(fields, part, refuse)(fields);
    fields.end();
    return pieces;
  });
}

function readerOfPart(fields: Fields, part: Record<string, unknown>, refuse: Refuse): Reader {
  if (typeof part.type === "string") {
    fields.take("type");
    return readerOf(part.type) ??
      refuse(`parts of the type ${show(part.type)} are not understood`);
  }
  const name = Object.keys(BY_FIELD).find((name) => fields.has(name));
  return name ? BY_FIELD[name] : refuse(`it is no part that is understood, got ${show(part)}`);
}

function readerOf(type: string): Reader | undefined {
  if (Object.hasOwn(BY_TYPE, type)) return BY_TYPE[type];
  if (/(^|_)tool_result$/.test(type)) return result; // Anthropic has one for each of its own tools
  return undefined;
}

const text: Reader = (fields) => {
  const thought = fields.take("thought") === true;
  const found = fields.text("text", "content", "value");
  return found === undefined
    ? fields.refuse('"text" is missing')
    : [{ kind: thought ? "thought" : "said", text: found }];
};

const thought: Reader = (fields) => {
  const texts = ["thinking", "reasoning", "thought", "text", "summary", "content"].flatMap((name) =>
    thoughtsIn(fields.take(name), fields.refuse)
  ).filter((text) => text.trim() !== "");
  fields.take("data", "encrypted_content");
  return texts.length === 0 ? [REDACTED] : [{ kind: "thought", text: texts.join("\n") }];
};

/** The texts of a thought: one, or a list of parts with text. */
function thoughtsIn(value: unknown, refuse: Refuse): string[] {
  return piecesOf(value, refuse).flatMap((piece) => {
    if (piece.kind === "said" || piece.kind === "thought") return [piece.text];
    return piece.kind === "named" ? [] : refuse(`a thought must be text, got ${show(value)}`);
  });
}

/** A call, and its outcome where the same part holds it. */
const call: Reader = (fields) => {
  const { refuse } = fields;
  const inner = fields.take("function", "custom");
  const of = isObject(inner) ? new Fields(inner, refuse) : fields;
  const name = of.take("name", "toolName", "tool_name");
  if (typeof name !== "string" || name === "") return refuse("a call must name its function");
  const given = of.take("arguments", "input", "args", "parameters");
  if (of !== fields) of.end();
  const outcomes = [fields.take("output"), fields.take("error")].flatMap(resultOf(refuse));
  return [{ kind: "call", id: idOf(fields), name, given }, ...outcomes];
};

function idOf(fields: Fields): string | undefined {
  const id = fields.take("call_id", "toolCallId", "toolUseId", "id");
  return typeof id === "string" ? id : undefined;
}

/** A tool that an interface brings along: `web_search_call` with its action, query or code, and perhaps what came of it. */
const builtIn = (name: string): Reader => (fields) => {
  const given = fields.take("action", "operation") ??
    Object.fromEntries(
      ["code", "language", "queries", "revised_prompt"].map((key) => [key, fields.take(key)]),
    );
  const outcomes = ["outputs", "results", "output"].map((key) => fields.take(key));
  if (fields.take("result") !== undefined) outcomes.push([{ type: "image" }]); // its bytes
  return [
    { kind: "call", id: idOf(fields), name, given },
    ...outcomes.flatMap(resultOf(fields.refuse)),
  ];
};

const result: Reader = (fields) => {
  fields.take("tools"); // Responses: what there is to be called
  return resultOf(fields.refuse)(fields.take("content", "output", "result", "response") ?? "");
};

/** What a function answered, as Gemini has it: data whatever its fields are called. */
const data: Reader = (fields) => {
  const response = fields.take("response");
  const pieces = said(typeof response === "string" ? response : spacedJson(response ?? {}));
  return [{
    kind: "result",
    pieces: [...pieces, ...piecesOf(fields.take("parts"), fields.refuse)],
  }];
};

const resultOf = (refuse: Refuse) => (answered: unknown): Piece[] =>
  answered === undefined ? [] : [{ kind: "result", pieces: answerOf(answered, refuse) }];

/**
 * Reads what a tool answered: text, parts, or data, which are written as JSON.
 *
 * @param answered one of these, or a list.
 * @param refuse throws the error of the message.
 * @returns its pieces in order.
 */
export function answerOf(answered: unknown, refuse: Refuse): Piece[] {
  return (Array.isArray(answered) ? answered : [answered]).flatMap((part) => {
    if (isObject(part) && /^(error-)?json$/.test(String(part.type))) {
      return said(spacedJson(part.value));
    }
    if (isObject(part) && Array.isArray(part.value)) return piecesOf(part.value, refuse);
    const isPart = typeof part === "string" || isObject(part) && isReadable(part);
    return isPart ? piecesOf(part, refuse) : said(spacedJson(part));
  });
}

/** Whether a part of a tool's answer is one of the tables; all else is data. */
function isReadable(part: Record<string, unknown>): boolean {
  if (typeof part.type === "string") return isPartType(part.type);
  const names = Object.keys(part).filter((name) => part[name] !== null);
  const isText = names[0] !== "text" || typeof part.text === "string";
  return names.length === 1 && isText && Object.hasOwn(BY_FIELD, names[0]) && !HOLDS.has(names[0]);
}

const thing = thingWith(piecesOf);

/** What a search found: its title and source, and what stands there. */
const found: Reader = (fields) => [
  ...["title", "source", "url", "page_age"].flatMap((key) => said(fields.text(key))),
  ...piecesOf(fields.take("content", "text"), fields.refuse),
];

/** A field that holds a part of another kind. */
const nested = (name: string, read: Reader): Reader => (fields) => {
  const inner = fields.take(name);
  if (!isObject(inner)) return fields.refuse(`"${name}" must be an object, got ${show(inner)}`);
  const of = new Fields(inner, fields.refuse);
  const pieces = read(of);
  of.end();
  return pieces;
};

/** Code that an interface runs of itself. */
const code: Reader = (fields) => {
  const given = { language: fields.take("language"), code: fields.take("code") };
  return [{ kind: "call", id: idOf(fields), name: "code_execution", given }];
};

/** Gemini's interface has its fields in either spelling. */
const eitherSpelling = (readers: Record<string, Reader>): Record<string, Reader> =>
  Object.fromEntries(
    Object.entries(readers).flatMap(([name, read]) =>
      [name, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]
        .map((key) => [key, nested(key, read)])
    ),
  );

/** Fields that wrap a content; in what a tool answered, they are data like any other. */
const HOLDS = new Set(["parts", "content", "value"]);

const holder = (name: string): Reader => (fields) => piecesOf(fields.take(name), fields.refuse);

/** Where a part has no type: Gemini and Converse. */
const BY_FIELD: Record<string, Reader> = {
  ...eitherSpelling({
    functionCall: call,
    executableCode: code,
    inlineData: media,
    fileData: media,
  }),
  ...eitherSpelling({ functionResponse: data, codeExecutionResult: result }),
  toolUse: nested("toolUse", call),
  toolResult: nested("toolResult", result),
  reasoningContent: nested(
    "reasoningContent",
    (fields) =>
      fields.has("reasoningText") ? nested("reasoningText", thought)(fields) : thought(fields),
  ),
  image: nested("image", thing("image")),
  video: nested("video", thing("video")),
  audio: nested("audio", thing("audio")),
  guardContent: nested(
    "guardContent",
    (fields) =>
      fields.has("text") ? nested("text", text)(fields) : nested("image", thing("image"))(fields),
  ),
  citationsContent: nested(
    "citationsContent",
    (fields) => piecesOf(fields.take("content"), fields.refuse),
  ),
  searchResult: nested("searchResult", found),
  document: nested("document", thing("document")),
  json: (fields) => said(spacedJson(fields.take("json"))),
  cachePoint: () => [],
  text,
  ...Object.fromEntries([...HOLDS].map((name) => [name, holder(name)])),
};

const each = (types: string, read: Reader) =>
  Object.fromEntries(types.split(" ").map((type) => [type, read]));

const BY_TYPE: Record<string, Reader> = {
  ...each("text input_text output_text summary_text text-plain error-text", text),
  refusal: (fields) => said(fields.text("refusal")),
  ...each(
    "thinking redacted_thinking reasoning reasoning_text redacted-reasoning thought",
    thought,
  ),
  ...each("tool_use server_tool_use mcp_tool_use tool_call tool-call server_tool_call", call),
  ...each("function_call custom_tool_call mcp_call mcp_approval_request invalid_tool_call", call),
  ...Object.fromEntries(
    "web_search file_search code_interpreter computer local_shell shell apply_patch image_generation"
      .split(" ").map((name) => [`${name}_call`, builtIn(name)]),
  ),
  ...each("function_call_output custom_tool_call_output computer_call_output", result),
  ...each("local_shell_call_output shell_call_output apply_patch_call_output", result),
  ...each("tool-result server_tool_result tool_call_response mcp_list_tools", result),
  mcp_approval_response: (fields) =>
    resultOf(fields.refuse)({ approve: fields.take("approve"), reason: fields.take("reason") }),
  ...each("image image_url input_image computer_screenshot", thing("image")),
  ...each("audio input_audio output_audio audio_url", thing("audio")),
  ...each("video video_url input_video", thing("video")),
  ...each("file input_file container_upload media resource resource_link", thing("file")),
  document: thing("document"),
  ...each("search_result web_search_result", found),
};
