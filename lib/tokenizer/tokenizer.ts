/**
 * Text to token ids and back. Files are the standard `tokenizer.json` and `tokenizer_config.json`, which
 * open in Python (`AutoTokenizer.from_pretrained`) with the same ids; here `@huggingface/tokenizers`
 * loads them.
 *
 * Pieces of text repeat (44,000 distinct ones among two million in eight megabytes of conversations), so
 * the library is asked once for the ids of each piece: 4 times faster than encoding those texts whole,
 * 13 times once the pieces are known (19,000 conversations of 360 tokens a second).
 *
 * @module
 */
import { join } from "node:path";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { UserError } from "../core/errors.ts";
import { readText, writeFileAtomic } from "../core/files.ts";
import { type Stretch, tokenStretches } from "./offsets.ts";
import { PRETOKEN_PATTERN, pretokens } from "./pretokens.ts";
import { SPECIAL_TOKENS, type Vocabulary } from "./train.ts";
import { attempt } from "./library.ts";

/** Most pieces whose tokens are remembered, so that memory stays bounded whatever is read. */
const MOST_KNOWN = 100_000;

/** A longer piece is no word that would come again; UTF-16 units. */
const LONGEST_KNOWN = 64;

/** Token ids, and the stretch of text that each stands for. */
export interface Encoding {
  /** Token ids, shape (T). */
  ids: Int32Array;
  /** Where each token begins, in UTF-16 units of the text, shape (T). */
  starts: Int32Array;
  /** Where each token ends, exclusive. A token for some of a character's bytes spans the whole character. */
  ends: Int32Array;
}

/** A loaded tokenizer. */
export interface Tokenizer {
  /** How many tokens there are, special tokens included. */
  readonly vocabSize: number;
  /** The id that fills up short rows of a batch. */
  readonly padId: number;
  /** The id that begins a sequence. */
  readonly bosId: number;
  /** The id that ends a sequence. */
  readonly eosId: number;
  /**
   * Turns text into ids.
   *
   * @param text any text; a special token that is spelt out in it becomes that token, as in Python.
   * @returns its token ids, shape (T), none added.
   */
  encode(text: string): Int32Array;
  /**
   * Turns text into ids and says where they come from.
   *
   * @param text any text.
   * @returns its token ids and where in the text they stand.
   */
  encodeWithOffsets(text: string): Encoding;
  /**
   * Turns ids into text.
   *
   * @param ids token ids, shape (T).
   * @returns their text: for those of `encode(text)`, the same text, if that is well-formed Unicode.
   */
  decode(ids: ArrayLike<number>): string;
}

/**
 * Writes a trained vocabulary as `tokenizer.json` and `tokenizer_config.json`.
 *
 * @param folder where to, such as a checkpoint's folder.
 * @param vocabulary what `trainBpe` learnt.
 */
export function writeTokenizer(folder: string, vocabulary: Vocabulary): void {
  const write = (name: string, value: object) =>
    writeFileAtomic(join(folder, name), JSON.stringify(value, null, 1) + "\n");
  write("tokenizer.json", tokenizerJson(vocabulary));
  write("tokenizer_config.json", CONFIG);
}

/**
 * Loads a tokenizer.
 *
 * @param folder where {@linkcode writeTokenizer} wrote it.
 * @returns the tokenizer; throws a {@linkcode UserError} where the files are missing, damaged or another's.
 */
export function loadTokenizer(folder: string): Tokenizer {
  const path = join(folder, "tokenizer.json");
  return attempt(path, () => openDefinition(readDefinition(path)));
}

/**
 * Makes a tokenizer of a vocabulary at once, without files.
 *
 * @param vocabulary what `trainBpe` learnt.
 * @returns the tokenizer, the same that loading the written files gives.
 */
export function tokenizerOf(vocabulary: Vocabulary): Tokenizer {
  return openDefinition(tokenizerJson(vocabulary));
}

function openDefinition(definition: Definition): Tokenizer {
  const library = new Library(definition, CONFIG);
  const vocabulary = Object.entries(definition.model.vocab);
  const byteLengths = new Map(vocabulary.map(([token, id]) => [id, token.length]));

  const known = new Map<string, PieceTokens>();
  const tokensOf = (piece: string): PieceTokens => {
    let tokens = known.get(piece);
    if (tokens === undefined) {
      const { ids } = library.encode(piece, { add_special_tokens: false });
      const stretches = isSpecial(piece)
        ? [{ start: 0, end: piece.length }]
        : tokenStretches(piece, ids.map((id) => byteLengths.get(id)!));
      tokens = { ids, stretches };
      if (known.size >= MOST_KNOWN) known.clear();
      if (piece.length <= LONGEST_KNOWN) known.set(piece, tokens);
    }
    return tokens;
  };
  const [padId, bosId, eosId] = SPECIAL_TOKENS.map((token) => definition.model.vocab[token]);

  return {
    vocabSize: vocabulary.length,
    padId,
    bosId,
    eosId,
    encode: (text) => Int32Array.from(piecesOf(text).flatMap((piece) => tokensOf(piece).ids)),
    encodeWithOffsets(text) {
      const [ids, starts, ends]: number[][] = [[], [], []];
      let at = 0;
      for (const piece of piecesOf(text)) {
        const tokens = tokensOf(piece);
        tokens.ids.forEach((id, t) => {
          ids.push(id);
          starts.push(at + tokens.stretches[t].start);
          ends.push(at + tokens.stretches[t].end);
        });
        at += piece.length;
      }
      return {
        ids: Int32Array.from(ids),
        starts: Int32Array.from(starts),
        ends: Int32Array.from(ends),
      };
    },
    decode: (ids) => ids.length === 0 ? "" : library.decode(Array.from(ids)),
  };
}

/** What one piece of text becomes, whatever stands around it. */
interface PieceTokens {
  ids: number[];
  /** In UTF-16 units from the piece's beginning. */
  stretches: Stretch[];
}

const specialToken = /(<\|(?:pad|bos|eos)\|>)/;
const isSpecial = (piece: string) => (SPECIAL_TOKENS as readonly string[]).includes(piece);

function piecesOf(text: string): string[] {
  if (!text.includes("<|")) return pretokens(text);
  return text.split(specialToken).flatMap((part) => isSpecial(part) ? [part] : pretokens(part));
}

const [PAD, BOS, EOS] = SPECIAL_TOKENS;

/** What `tokenizer_config.json` holds. */
const CONFIG = {
  tokenizer_class: "PreTrainedTokenizerFast",
  bos_token: BOS,
  eos_token: EOS,
  pad_token: PAD,
  clean_up_tokenization_spaces: false,
};

const PRE_TOKENIZER = {
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern: { Regex: PRETOKEN_PATTERN }, behavior: "Isolated", invert: false },
    { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
  ],
};

/** The part of `tokenizer.json` that we read back. */
interface Definition {
  model: { vocab: Record<string, number> };
  pre_tokenizer: unknown;
}

function tokenizerJson({ tokens, merges }: Vocabulary): Definition {
  const bos = { SpecialToken: { id: BOS, type_id: 0 } };
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const definition = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: PRE_TOKENIZER,
    post_processor: { // what Python adds by itself: the beginning of a sequence
      type: "TemplateProcessing",
      single: [bos, sequence("A", 0)],
      pair: [bos, sequence("A", 0), sequence("B", 1)],
      special_tokens: { [BOS]: { id: BOS, ids: [tokens.indexOf(BOS)], tokens: [BOS] } },
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
  return definition;
}

function readDefinition(path: string): Definition {
  const remedy = "Give a folder whose tokenizer this project wrote, or train again.";
  const text = readText(path);
  let definition: Definition;
  try {
    definition = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`Cannot read "${path}": broken JSON`, remedy, { cause });
  }
  const same = JSON.stringify(definition?.pre_tokenizer) === JSON.stringify(PRE_TOKENIZER);
  if (!same) throw new UserError(`Cannot read "${path}": it cuts text in another way`, remedy);
  return definition;
}
