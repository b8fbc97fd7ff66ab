/**
 * What a checkpoint says of its tokenizer: the standard `tokenizer.json` and `tokenizer_config.json`.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { exists, readText } from "../core/files.ts";
import { checked, type Schema } from "../core/schema.ts";
import { readCheckpointJson } from "./checkpoint_json.ts";

const REMEDY = "Get the checkpoint again, or take another one.";

/** A token that a tokenizer finds in text by its spelling. */
export interface AddedToken {
  /** Its id. */
  id: number;
  /** Its spelling. */
  content: string;
  /** Whether it marks something, rather than standing for text. */
  special: boolean;
  /** Whether it is found only where no letter or digit touches it. */
  single_word?: boolean;
  /** Whether it is sought in the text as the normaliser leaves it, after all that are not. */
  normalized?: boolean;
}

/** A `tokenizer.json`, as far as we look at it. */
export interface TokenizerDefinition {
  /** What is done to a text first. */
  normalizer?: { type?: string } | null;
  /** How it is cut into words. */
  pre_tokenizer?: object | null;
  /** How tokens become text. */
  decoder?: object | null;
  /** Tokens found by their spelling. */
  added_tokens?: AddedToken[];
  /** Ids by token, or tokens with scores in the order of their ids. */
  model: { vocab: Record<string, number> | [token: string, score: number][] };
}

/** Both files of a tokenizer. */
export interface TokenizerFiles {
  /** Where they are from, for messages. */
  readonly path: string;
  /** `tokenizer.json`. */
  readonly definition: TokenizerDefinition;
  /** `tokenizer_config.json`, with the chat template also where that is a file of its own. */
  readonly settings: { readonly chat_template?: unknown };
}

/** Most ids that a vocabulary may have; the largest that there are have some 260,000. */
const MOST_TOKENS = 2 ** 22;

const Id = z.int("must be an id").min(0, "must not be negative")
  .max(MOST_TOKENS, `must be at most ${MOST_TOKENS}`);
const switched = z.boolean("must be true or false").optional();
const part = z.looseObject({ type: z.string("must be text").optional() }, "must be an object")
  .nullish();
const Definition = z.looseObject({
  normalizer: part,
  pre_tokenizer: part,
  decoder: part,
  added_tokens: z.array(
    z.looseObject({
      id: Id,
      content: z.string("must be text").max(1000, "must have at most 1000 characters"),
      special: z.boolean("must be true or false"),
      single_word: switched,
      normalized: switched,
    }, "must be an object"),
    "must be a list",
  ).max(100_000, "must be at most 100000").optional(),
  model: z.looseObject({
    vocab: z.custom<TokenizerDefinition["model"]["vocab"]>(
      isVocabulary,
      "must hold ids by token, or tokens with their scores",
    ),
  }, "must be an object"),
}, "must be an object");

/** Looked at by hand: a schema takes long for hundreds of thousands of entries. */
function isVocabulary(vocab: unknown): boolean {
  if (Array.isArray(vocab)) {
    return vocab.length <= MOST_TOKENS &&
      vocab.every((entry) =>
        Array.isArray(entry) && typeof entry[0] === "string" && typeof entry[1] === "number"
      );
  }
  if (typeof vocab !== "object" || vocab === null) return false;
  return Object.values(vocab).every((id) => Number.isInteger(id) && id >= 0 && id <= MOST_TOKENS);
}

/**
 * Reads the tokenizer's files of a checkpoint folder.
 *
 * @param folder with `tokenizer.json`, `tokenizer_config.json` and perhaps `chat_template.jinja`.
 * @returns what they hold; throws a `UserError` where a file is missing, no JSON, or not of this form as far as we look at it.
 */
export function readTokenizerFiles(folder: string): TokenizerFiles {
  const read = <T>(name: string, schema: Schema<T>) => {
    const path = join(folder, name);
    return checked(schema, readCheckpointJson(path), `Cannot read "${path}"`, REMEDY);
  };
  const definition = read<TokenizerDefinition>("tokenizer.json", Definition as Schema<never>);
  const settings = read("tokenizer_config.json", z.looseObject({}, "must be an object"));
  const jinja = join(folder, "chat_template.jinja");
  if (!exists(jinja)) return { path: folder, definition, settings };
  return { path: folder, definition, settings: { ...settings, chat_template: readText(jinja) } };
}
