/**
 * A request as the tokens that a model was tuned to answer: its chat template, rendered and encoded.
 *
 * A template marks turns with tokens that have a spelling, such as `<|im_end|>`, and a rendered prompt does not say whether the
 * template wrote it or a conversation did: a conversation that spells it out could end its own turn and pose as the system.
 * Quoting does not help, for a tokenizer finds such spellings anywhere. So what is made here is tokens, which also
 * keeps a server from putting another beginning before them. A mark that no well-formed text can hold, two high surrogates, stands
 *
 * 1. around every message when the template is rendered, so that what the template wrote is told from what was said;
 * 2. then before each such spelling that the template wrote, and before those that the tokenizer looks for.
 *
 * What a conversation spells out is then characters like any others, and all else is encoded as it always is.
 *
 * @module
 */
import { Tokenizer } from "@huggingface/tokenizers";
import { UserError } from "../core/errors.ts";
import { hashOf } from "../core/json.ts";
import { readCheckpointTokenizer } from "../model/checkpoint_tokenizer.ts";
import { specialToken } from "../tokenizer/library.ts";
import type { AddedToken, TokenizerDefinition } from "../tokenizer/tokenizer_files.ts";
import type { Message } from "./client.ts";
import { jinjaTemplate } from "./jinja.ts";

/** Two, for one alone may begin a character of a text. */
const MARK = "\uD800\uD800";

/** What a template may ask for and is not given. */
const NOTHING = { tools: null, documents: null };

/** A checkpoint's chat template. */
export interface ChatTemplate {
  /** The first 8 hexadecimal digits of a SHA-256 over template and tokenizer. */
  readonly id: string;
  /** The special token with which it ends what the assistant said; undefined where it writes none. */
  readonly endId?: number | undefined;
  /**
   * Renders a request.
   *
   * @param messages the conversation so far; blanks around each are left out, and lone surrogates replaced.
   * @returns token ids up to where the assistant's answer begins; throws a {@linkcode UserError} where the template refuses the
   * messages, or does not render each once, whole and in order.
   */
  tokens(messages: readonly Message[]): number[];
}

/** A `tokenizer.json` with a list of what is found by its spelling. */
type Definition = TokenizerDefinition & { added_tokens: AddedToken[] };

/** A `tokenizer_config.json`, as far as it matters here. */
interface Settings {
  chat_template?: unknown;
}

/** Those that a template may write by these names. */
const SPECIAL = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"].map((name) => `${name}_token`);

/**
 * Opens a chat template. To one that knows no system messages (Gemma's), they are shown at the head of the user's.
 *
 * @param folder a checkpoint's, in Hugging Face layout: `tokenizer.json`, `tokenizer_config.json` and, unless that holds it, the
 * template in `chat_template.jinja`; or a GGUF file.
 * @returns the template; throws a {@linkcode UserError} where there is none, a file is damaged, or no request can be rendered.
 */
export function openChatTemplate(folder: string): ChatTemplate {
  const { definition, settings } = readTokenizer(folder);
  const tokenizer = attempt(folder, () => markedTokenizer(definition, settings));
  const render = renderer(folder, settings);
  const unknown = specialToken(settings, "unk_token");
  const encode = encoder(folder, tokenizer, definition.added_tokens, unknown);
  const knowsSystem = succeeds(() => render(EXAMPLE));
  const asked = (messages: readonly Message[]) => knowsSystem ? messages : withoutSystem(messages);
  render(asked(EXAMPLE));
  return {
    id: hashOf({ definition, chat_template: settings.chat_template }).slice(0, 8),
    endId: endOf(() => render(asked(ANSWERED)), definition.added_tokens),
    tokens: (messages) => encode(render(asked(messages))),
  };
}

/** What every template must be able to render. */
const EXAMPLE: readonly Message[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hi?" },
];

/** What the assistant says is the fourth part of it. */
const ANSWERED: readonly Message[] = [
  { role: "user", content: "Hi?" },
  { role: "assistant", content: "Hello." },
];

/** The first special token that a template writes behind what the assistant said. */
function endOf(render: () => string[], added: readonly AddedToken[]): number | undefined {
  const behind = succeeds(render) ? render().slice(4).join("") : "";
  const special = added.filter((token) => token.special && !isBlank(token));
  const [spelling] = behind.match(spellingsOf(special)) ?? [];
  return special.find(({ content }) => content === spelling)?.id;
}

function readTokenizer(path: string): { definition: Definition; settings: Settings } {
  const { definition, settings } = readCheckpointTokenizer(path);
  const { added_tokens = [] } = definition;
  if (settings.chat_template) return { definition: { ...definition, added_tokens }, settings };
  throw new UserError(
    `Cannot use the chat template of "${path}": its tokenizer has none`,
    "Take a checkpoint that was tuned to chat; a base model has no template.",
  );
}

/** A tokenizer that finds its tokens only where their spellings have the mark before them. */
function markedTokenizer(definition: Definition, settings: Settings): Tokenizer {
  const added_tokens = definition.added_tokens.map((token) =>
    isBlank(token) ? token : { ...token, content: MARK + token.content, normalized: false }
  );
  return new Tokenizer({ ...definition, added_tokens }, settings);
}

/** Renders requests as what the template wrote and what was said, by turns. */
function renderer(
  folder: string,
  settings: Settings,
): (messages: readonly Message[]) => string[] {
  const { template, special } = attempt(folder, () => ({
    template: jinjaTemplate(sourceOf(settings)),
    special: Object.fromEntries(
      SPECIAL.map((name) => [name, specialToken(settings, name)]).filter(([, token]) => token),
    ),
  }));
  return (messages) => {
    const contents = messages.map(({ content }) => content.trim().toWellFormed());
    const marked = messages.map(({ role }, i) => ({ role, content: MARK + contents[i] + MARK }));
    const variables = { messages: marked, add_generation_prompt: true, ...NOTHING, ...special };
    const characters = contents.join("").length;
    const parts = attempt(folder, () => template(variables, characters)).split(MARK);
    const said = parts.filter((_, p) => p % 2 === 1);
    if (said.length === contents.length && said.every((text, i) => text === contents[i])) {
      return parts;
    }
    throw refused(folder, "it must render every message once, whole and in order");
  };
}

/** The template, or of several the default. */
function sourceOf({ chat_template }: Settings): string {
  const found = Array.isArray(chat_template)
    ? chat_template.find((one) => one?.name === "default")?.template
    : chat_template;
  if (typeof found === "string") return found;
  throw new Error("there is no text, and of several no default");
}

/** Encodes what a {@linkcode renderer} gave. */
function encoder(
  folder: string,
  tokenizer: Tokenizer,
  added: readonly AddedToken[],
  unknown: string | undefined,
): (parts: readonly string[]) => number[] {
  const spelt = added.filter((token) => !isBlank(token));
  const spellings = spellingsOf(spelt);
  // what a tokenizer cannot spell becomes its token for that: no fault
  const special = spelt.filter((token) => token.special && token.content !== unknown);
  const specialIds = new Set(special.map(({ id }) => id));
  const isSpecial = new Set(special.map(({ content }) => content));
  return (parts) => {
    let written = 0;
    const text = parts.map((part, p) => {
      if (p % 2 === 1) return part;
      return part.replaceAll(spellings, (spelling) => {
        if (isSpecial.has(spelling)) written++;
        return MARK + spelling;
      });
    });
    const { ids } = tokenizer.encode(text.join(""), { add_special_tokens: false });
    // a vocabulary that holds special tokens among its words may find them without a mark
    if (ids.filter((id) => specialIds.has(id)).length === written) return ids;
    throw refused(folder, "its tokenizer must keep special tokens apart from text");
  };
}

/** Runs of blanks can pose as nothing, and some tokenizers know them as added tokens only. */
function isBlank({ content }: AddedToken): boolean {
  return content.trim() === "";
}

/** Finds spellings in text, of several at a place the longest, as tokenizers do. */
function spellingsOf(tokens: readonly AddedToken[]): RegExp {
  const longestFirst = tokens.map(({ content }) => content).sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((text) => RegExp.escape(text)).join("|") || "(?!)", "g");
}

/** The same request with what the system says at the head of the first message behind it. */
function withoutSystem([first, second, ...rest]: readonly Message[]): Message[] {
  if (first.role !== "system" || second === undefined) {
    return [first, ...second ? [second] : [], ...rest];
  }
  return [{ ...second, content: `${first.content}\n\n${second.content}` }, ...rest];
}

function attempt<T>(folder: string, render: () => T): T {
  try {
    return render();
  } catch (error) {
    throw refused(folder, `it says "${(error as Error).message}"`);
  }
}

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

function refused(folder: string, why: string): UserError {
  return new UserError(
    `Cannot use the chat template of "${folder}": ${why}`,
    "Take another checkpoint's, or leave it to the server, whose chat completions render their own.",
  );
}
