/**
 * Tokenizers of checkpoints from outside: whatever `tokenizer.json` says, read by `@huggingface/tokenizers`.
 *
 * Where tokens stand in a text is not in what the library gives. It is told from what they spell: a byte-level vocabulary writes
 * a byte as one character, others write a blank as `▁` and a lone byte as `<0x0A>`. Tokens that do not spell the text (a
 * tokenizer may change it first) have no places, and asking for them is refused. Unicode's normal form C is the one change that
 * we follow: its places are mapped back.
 *
 * @module
 */
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { UserError } from "../core/errors.ts";
import { repeatsGroup } from "../core/pattern.ts";
import {
  isPrepended,
  lowersCase,
  partsOf,
  refuseLostBlank,
  refuseOtherCuts,
  withPlainSigma,
} from "./as_in_python.ts";
import { BYTE_CHARS } from "./bytes.ts";
import { placesBeforeNfc } from "./nfc.ts";
import { type Stretch, tokenStretches } from "./offsets.ts";
import type { Tokenizer } from "./tokenizer.ts";
import {
  readTokenizerFiles,
  type TokenizerDefinition,
  type TokenizerFiles,
} from "./tokenizer_files.ts";
import { attempt, specialToken, unusable } from "./library.ts";

/** A checkpoint's tokenizer. */
export interface GivenTokenizer extends Tokenizer {
  /** The id that it puts in front of every text by itself; undefined where it puts none. */
  readonly frontId: number | undefined;
}

/** Tokens do not spell the text that they were made of, and so have no places in it. */
export class UnplacedTokensError extends UserError {
  /** Its name in stack traces. */
  override name = "UnplacedTokensError";
}

/**
 * Loads the tokenizer of a checkpoint folder.
 *
 * @param folder with `tokenizer.json` and `tokenizer_config.json`.
 * @returns the tokenizer; throws a {@linkcode UserError} where a file is missing or damaged, or where it adds more to a text than
 * one token in front.
 */
export function loadGivenTokenizer(folder: string): GivenTokenizer {
  return givenTokenizer(readTokenizerFiles(folder));
}

/**
 * Makes a tokenizer of what its files say.
 *
 * @param files as {@linkcode readTokenizerFiles} gives them.
 * @returns the tokenizer; throws a {@linkcode UserError} where the library refuses it, or where it adds more to a text than one
 * token in front.
 */
export function givenTokenizer({ path, definition, settings }: TokenizerFiles): GivenTokenizer {
  refuseOtherCuts(path, definition);
  refusePatterns(path, definition);
  const library = attempt(path, () => new Library(definition, settings));
  const frontId = attempt(path, () => frontOf(path, library));
  const spellings = spellingsOf(definition);
  const normalises = definition.normalizer?.type === "NFC"; // the library does it by itself
  const strips = partsOf(definition.normalizer).some(({ type }) => type === "Strip");
  const prepared = lowersCase(definition) ? withPlainSigma : (text: string) => text;
  const encode = (text: string) => {
    refuseLostBlank(path, definition, text);
    const { ids } = attempt(
      path,
      () => library.encode(prepared(text), { add_special_tokens: false }),
    );
    const unknown = ids.find((id) => spellings[id] === undefined);
    if (unknown === undefined) return Int32Array.from(ids);
    throw unusable(path, `it gives the token ${unknown}, which is not in its vocabulary`);
  };
  const idOf = (name: string) =>
    attempt(path, () => {
      const token = specialToken(settings, name);
      return token ? library.token_to_id(token) : undefined;
    });
  const eosId = idOf("eos_token") ?? 0;
  return {
    vocabSize: spellings.length,
    padId: idOf("pad_token") ?? eosId,
    bosId: idOf("bos_token") ?? eosId,
    eosId,
    frontId,
    encode,
    encodeWithOffsets(text) {
      if (strips && text !== text.trim()) throw changedText(text);
      const ids = encode(text);
      const spelt = Array.from(ids, (id) => spellings[id]);
      const stretches = normalises
        ? placesBeforeNfc(text, stretchesOf(text.normalize("NFC"), spelt))
        : stretchesOf(text, spelt);
      return {
        ids,
        starts: Int32Array.from(stretches, ({ start }) => start),
        ends: Int32Array.from(stretches, ({ end }) => end),
      };
    },
    decode: (ids) => ids.length === 0 ? "" : attempt(path, () => library.decode(Array.from(ids))),
  };
}

/** Refuses patterns that may take for ever on some text. */
function refusePatterns(path: string, definition: TokenizerDefinition): void {
  const { normalizer, pre_tokenizer, decoder } = definition;
  JSON.stringify([normalizer, pre_tokenizer, decoder], (key, value) => {
    if (key !== "Regex" || typeof value !== "string" || !repeatsGroup(value)) return value;
    throw unusable(path, `its pattern "${value}" repeats a group, and may take for ever`);
  });
}

const byteOf = new Map(BYTE_CHARS.map((char, byte) => [char, byte]));

/** What stands before a text that is encoded as Python does it by default. */
function frontOf(folder: string, library: Library): number | undefined {
  const [bare, whole] = [false, true].map((add_special_tokens) =>
    library.encode("a", { add_special_tokens }).ids
  );
  const front = whole.slice(0, whole.length - bare.length);
  if (front.length <= 1 && whole.join() === [...front, ...bare].join()) return front[0];
  throw new UserError(
    `Cannot use the tokenizer of "${folder}": it must add nothing to a text but one token in front, got ${
      library.decode(whole)
    } for "a"`,
    "Take a checkpoint of a decoder.",
  );
}

/** The bytes that each token stands for, by its id. */
function spellingsOf(definition: TokenizerDefinition): Uint8Array[] {
  const { model: { vocab }, added_tokens = [], pre_tokenizer, decoder } = definition;
  const encoder = new TextEncoder();
  const entries: (readonly [string, number])[] = Array.isArray(vocab)
    ? vocab.map(([token], id) => [token, id])
    : Object.entries(vocab);
  // not told from a token "Ġ", a blank there but a letter of Maltese in Gemma's vocabulary
  const isByteLevel = JSON.stringify([pre_tokenizer, decoder]).includes('"ByteLevel"');
  const spellings: Uint8Array[] = [];
  for (const [token, id] of entries) {
    const byte = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1];
    spellings[id] = isByteLevel
      ? Uint8Array.from(token, (char) => byteOf.get(char) ?? 0)
      : byte !== undefined
      ? Uint8Array.of(parseInt(byte, 16))
      : encoder.encode(token.replaceAll("▁", " "));
  }
  for (const token of added_tokens) {
    spellings[token.id] = encoder.encode(
      isPrepended(token, definition) ? ` ${token.content}` : token.content,
    );
  }
  return spellings;
}

/** Where tokens stand in the text that they spell, perhaps behind a blank that the tokenizer put in front. */
function stretchesOf(text: string, spellings: readonly Uint8Array[]): Stretch[] {
  const bytes = new TextEncoder().encode(text);
  const spelt = spellings.reduce((sum, { length }) => sum + length, 0);
  const extra = spelt - bytes.length;
  let at = -extra;
  const spellsText = (extra === 0 || extra === 1) &&
    spellings.every((spelling) => spelling.every((byte) => byte === (bytes[at++] ?? 32)));
  if (!spellsText) {
    throw changedText(text);
  }
  const lengths = spellings.map(({ length }) => length);
  if (extra === 0) return tokenStretches(text, lengths);
  const first = String.fromCodePoint(text.codePointAt(0)!).length;
  return tokenStretches(` ${text}`, lengths).map(({ start, end }) => ({
    start: Math.max(0, start - 1),
    end: end > 1 ? end - 1 : first, // as in Python, the blank itself stands where the text begins
  }));
}

function changedText(text: string): UnplacedTokensError {
  return new UnplacedTokensError(
    `Cannot say where tokens stand in "${
      text.slice(0, 40)
    }…": the tokenizer changes the text first`,
    "Leave out what needs places in the text, or cut the conversation to the model's context before.",
  );
}
