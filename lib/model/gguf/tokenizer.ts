/**
 * The tokenizer within a GGUF file, put in the terms of the standard `tokenizer.json`: byte-level vocabularies with merges, and
 * SentencePiece's with scores. What a file leaves open is refused, not guessed.
 *
 * @module
 */
import type { AddedToken, TokenizerFiles } from "../../tokenizer/tokenizer_files.ts";
import { unusableGguf } from "./errors.ts";
import { mergesOf } from "./merges.ts";
import type { Metadata } from "./metadata.ts";
import { PRE_TOKENIZERS } from "./pre_tokenizers.ts";

/** Kinds of tokens (`llama_token_type` of llama.h). */
const [NORMAL, UNKNOWN, CONTROL, USER_DEFINED] = [1, 2, 3, 4];

const OTHER_FILE = "Get another file of the same model, or its checkpoint in Hugging Face layout.";

/** What every tokenizer has. */
interface Vocabulary {
  tokens: string[];
  /** By id. */
  types: number[];
}

/**
 * Reads the tokenizer.
 *
 * @param metadata settings of the model's (first) file.
 * @returns it as `tokenizer.json` and `tokenizer_config.json` would have it; throws a `UserError` where there is none, or of a kind
 * that we do not have.
 */
export function tokenizerOf(metadata: Metadata): TokenizerFiles {
  const kind = metadata.optionalText("tokenizer.ggml.model");
  const tokens = metadata.optionalTexts("tokenizer.ggml.tokens");
  if (kind === undefined || tokens === undefined) {
    throw unusableGguf(metadata.path, "it must hold its tokenizer, got none", OTHER_FILE);
  }
  const vocabulary = { tokens, types: typesOf(metadata, tokens) };
  if (kind === "gpt2") return byteLevel(metadata, vocabulary);
  if (kind === "llama") return sentencePiece(metadata, vocabulary);
  throw unusableGguf(
    metadata.path,
    `its tokenizer must be "gpt2" (byte-level) or "llama" (SentencePiece with byte fallback), got "${kind}"`,
    "Choose a model with such a tokenizer.",
  );
}

function byteLevel(metadata: Metadata, vocabulary: Vocabulary): TokenizerFiles {
  const name = metadata.optionalText("tokenizer.ggml.pre") ?? "none";
  const way = PRE_TOKENIZERS.get(name);
  if (way === undefined) {
    throw unusableGguf(
      metadata.path,
      `its pre-tokenizer must be one of ${[...PRE_TOKENIZERS.keys()].join(", ")}, got "${name}"`,
      OTHER_FILE,
    );
  }
  const cut = way.patterns.map((Regex) => ({
    type: "Split",
    pattern: { Regex },
    behavior: "Isolated",
    invert: false,
  }));
  const bytes = {
    type: "ByteLevel",
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: false,
  };
  return filesOf(metadata, vocabulary, way.front, {
    normalizer: way.normalised ? { type: "NFC" } : null,
    pre_tokenizer: { type: "Sequence", pretokenizers: [...cut, bytes] },
    decoder: bytes,
    model: { ignore_merges: way.wholeWords, merges: writtenMerges(metadata) },
  });
}

function writtenMerges(metadata: Metadata): string[][] {
  const merges = metadata.optionalTexts("tokenizer.ggml.merges");
  if (merges === undefined || merges.length === 0) {
    throw unusableGguf(
      metadata.path,
      "its byte-level tokenizer must have merges, got none",
      OTHER_FILE,
    );
  }
  return merges.map((merge) => {
    const pair = merge.split(" ");
    if (pair.length === 2) return pair;
    throw unusableGguf(
      metadata.path,
      `a merge must be two tokens with a blank between them, got "${merge}"`,
      OTHER_FILE,
    );
  });
}

function sentencePiece(metadata: Metadata, vocabulary: Vocabulary): TokenizerFiles {
  const { tokens, types } = vocabulary;
  const scores = metadata.optionalNumbers("tokenizer.ggml.scores");
  const pieces = types.flatMap((type, id) => type === NORMAL ? [id] : []);
  const differ = new Set(pieces.map((id) => scores?.[id])).size > 1;
  if (scores?.length !== tokens.length || !differ) {
    throw unusableGguf(
      metadata.path,
      "its SentencePiece tokenizer must have a score for each token, which say what is merged first, got none that differ",
      OTHER_FILE,
    );
  }
  if (metadata.optionalFlag("tokenizer.ggml.remove_extra_whitespaces")) {
    throw unusableGguf(
      metadata.path,
      "its tokenizer must leave blanks as they are, got one that removes some",
      OTHER_FILE,
    );
  }
  const prefixed = metadata.optionalFlag("tokenizer.ggml.add_space_prefix") ?? true;
  const blanks = { type: "Replace", pattern: { String: " " }, content: "▁" };
  const decoders = [
    { type: "Replace", pattern: { String: "▁" }, content: " " },
    { type: "ByteFallback" },
    { type: "Fuse" },
    ...prefixed ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : [],
  ];
  return filesOf(metadata, vocabulary, true, {
    normalizer: prefixed
      ? { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "▁" }, blanks] }
      : blanks,
    pre_tokenizer: null,
    decoder: { type: "Sequence", decoders },
    model: {
      byte_fallback: tokens.includes("<0x00>"),
      fuse_unk: true,
      merges: mergesOf(tokens, scores, (id) => types[id] === NORMAL),
    },
  });
}

/** The parts of `tokenizer.json` that differ. */
interface Parts {
  normalizer: object | null;
  pre_tokenizer: object | null;
  decoder: object;
  model: object;
}

/** Whole files. `front` says whether a text begins with a special token where the file does not say. */
function filesOf(
  metadata: Metadata,
  { tokens, types }: Vocabulary,
  front: boolean,
  { model, ...parts }: Parts,
): TokenizerFiles {
  const named = namedTokens(metadata, tokens);
  // no prototype, so that a token "__proto__" is one like any other
  const vocab: Record<string, number> = Object.assign(Object.create(null), {});
  tokens.forEach((token, id) => vocab[token] = id);
  const definition = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens(tokens, types),
    ...parts,
    post_processor: ends(metadata, named, vocab, front),
    model: { type: "BPE", unk_token: named.unk_token ?? null, ...model, vocab },
  };
  const template = metadata.optionalText("tokenizer.chat_template");
  const settings = {
    ...named,
    clean_up_tokenization_spaces: false,
    ...template !== undefined && { chat_template: template },
  };
  return { path: metadata.path, definition, settings };
}

const NAMED = {
  bos_token: "bos_token_id",
  eos_token: "eos_token_id",
  unk_token: "unknown_token_id",
  pad_token: "padding_token_id",
};

type Named = Partial<Record<keyof typeof NAMED, string>>;

/** The tokens with a part to play. */
function namedTokens(metadata: Metadata, tokens: readonly string[]): Named {
  const entries = Object.entries(NAMED).flatMap(([name, key]) => {
    const id = metadata.optionalWhole(`tokenizer.ggml.${key}`);
    if (id === undefined) return [];
    if (id < tokens.length) return [[name, tokens[id]]];
    throw unusableGguf(
      metadata.path,
      `"tokenizer.ggml.${key}" must be below the ${tokens.length} tokens that there are, got ${id}`,
      OTHER_FILE,
    );
  });
  return Object.fromEntries(entries);
}

function typesOf(metadata: Metadata, tokens: readonly string[]): number[] {
  const types = metadata.optionalNumbers("tokenizer.ggml.token_type");
  if (types?.length === tokens.length) return types;
  throw unusableGguf(
    metadata.path,
    `its tokenizer must say of which type each of ${tokens.length} tokens is, got ${
      types ? `${types.length} types` : "no types"
    }`,
    OTHER_FILE,
  );
}

/** What is found in text by its spelling, before anything else is done to the text. */
function addedTokens(tokens: readonly string[], types: readonly number[]): AddedToken[] {
  return tokens.flatMap((content, id) => {
    const special = types[id] === CONTROL || types[id] === UNKNOWN;
    if (content === "" || !special && types[id] !== USER_DEFINED) return [];
    const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content, special, ...plain }];
  });
}

/** What is put before and behind a text. */
function ends(
  metadata: Metadata,
  { bos_token, eos_token }: Named,
  vocab: Readonly<Record<string, number>>,
  front: boolean,
): object | null {
  const first = metadata.optionalFlag("tokenizer.ggml.add_bos_token") ?? front;
  const last = metadata.optionalFlag("tokenizer.ggml.add_eos_token") ?? false;
  const [before, behind] = [first ? [bos_token] : [], last ? [eos_token] : []].map((list) =>
    list.filter((token) => token !== undefined)
  );
  if (before.length + behind.length === 0) return null;
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const text = (id: string) => ({ Sequence: { id, type_id: 0 } });
  const around = (inner: object[]) => [...before.map(special), ...inner, ...behind.map(special)];
  return {
    type: "TemplateProcessing",
    single: around([text("A")]),
    pair: around([text("A"), text("B")]),
    special_tokens: Object.fromEntries(
      [...before, ...behind].map((
        token,
      ) => [token, { id: token, ids: [vocab[token]], tokens: [token] }]),
    ),
  };
}
