/**
 * How byte-level tokenizers cut text into words before they merge bytes. A GGUF file only names the way; what the names mean
 * is in llama.cpp (`src/llama-vocab.cpp`) and, in the form used here, in the `tokenizer.json` of the models themselves.
 *
 * @module
 */

/** One way to cut text. */
export interface PreTokenizer {
  /** What each match of is a word of its own; one expression after the other. */
  readonly patterns: readonly string[];
  /** Whether text is first brought to Unicode's normal form C. */
  readonly normalised: boolean;
  /** Whether a word that is a token stays whole, whatever the merges say. */
  readonly wholeWords: boolean;
  /** Whether a text begins with a special token, where the file does not say. */
  readonly front: boolean;
}

const GPT2 = String
  .raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
/** Of which only the digits in a number differ. */
const later = (numbers: string) =>
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|` + numbers +
  String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const DIGIT = String.raw`\p{N}`;

const way = (patterns: string[], options: Partial<PreTokenizer> = {}): PreTokenizer => ({
  patterns,
  normalised: false,
  wholeWords: false,
  front: false,
  ...options,
});

const gpt2 = way([GPT2]);
const digits = way([DIGIT, GPT2]);
const llama3 = way([later(String.raw`\p{N}{1,3}`)], { wholeWords: true, front: true });
const qwen2 = way([later(DIGIT)], { normalised: true });

/** The ways by the names that GGUF files give them. */
export const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map([
  ["gpt-2", gpt2],
  ["smollm", digits],
  ["starcoder", digits],
  ["refact", digits],
  ["llama-bpe", llama3],
  ["llama3", llama3],
  ["llama-v3", llama3],
  ["qwen2", qwen2],
  ["deepseek-r1-qwen", qwen2],
]);
