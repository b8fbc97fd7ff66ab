/**
 * What a checkpoint says of its tokenizer: the standard `tokenizer.json` and `tokenizer_config.json`.
 *
 * @module
 */
import { join } from "node:path";
import { exists, readText } from "../core/files.ts";
import { readCheckpointJson } from "./checkpoint_json.ts";

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

/**
 * Reads the tokenizer's files of a checkpoint folder.
 *
 * @param folder with `tokenizer.json`, `tokenizer_config.json` and perhaps `chat_template.jinja`.
 * @returns what they hold, otherwise unchecked; throws a `UserError` where a file is missing or no JSON.
 */
export function readTokenizerFiles(folder: string): TokenizerFiles {
  const definition = readCheckpointJson<TokenizerDefinition>(join(folder, "tokenizer.json"));
  const settings = readCheckpointJson<object>(join(folder, "tokenizer_config.json"));
  const jinja = join(folder, "chat_template.jinja");
  if (!exists(jinja)) return { path: folder, definition, settings };
  return { path: folder, definition, settings: { ...settings, chat_template: readText(jinja) } };
}
