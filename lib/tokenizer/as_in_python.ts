/**
 * What keeps the library's tokens the same as those of Python's `tokenizers`: where the two differ, the text is prepared, or the
 * tokenizer refused.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { isObject } from "../core/exact_json.ts";
import type { AddedToken, TokenizerDefinition } from "./tokenizer_files.ts";

/**
 * Refuses a tokenizer that the library reads otherwise than Python's `tokenizers` does: added tokens that must stand alone, which it
 * also finds inside words; those that overlap where Python seeks the one before the other, which it seeks together; pieces of text
 * that Python joins to their neighbours ("MergedWithNext"), which it leaves apart; and a capital sigma in an added token where
 * texts are written in small letters (see {@linkcode withPlainSigma}).
 *
 * @param path where the tokenizer is from.
 * @param definition its `tokenizer.json`; throws a {@linkcode UserError} where it is one of these.
 */
export function refuseOtherCuts(
  path: string,
  definition: TokenizerDefinition,
): void {
  const { added_tokens: added = [], normalizer } = definition;
  const refuse = (why: string) => {
    throw new UserError(
      `Cannot use the tokenizer of "${path}": ${why}, which would be found elsewhere than in Python`,
      "Choose a checkpoint whose tokenizer has no such tokens, or remove them from tokenizer.json if no text holds them.",
    );
  };
  const joined = partsOf(definition.pre_tokenizer).find((part) =>
    part.type === "Split" && /merged|contiguous/i.test(String(part.behavior)) &&
    !isReplaced(part, normalizer)
  );
  if (joined) refuse(`it joins the pieces of a text ("${joined.behavior}")`);
  const sigma = lowersCase(definition) && added.find(({ content }) => content.includes("Σ"));
  if (sigma) refuse(`it has the token "${sigma.content}" and writes texts in small letters`);
  const alone = added.find(({ single_word }) => single_word);
  if (alone) refuse(`it has the token "${alone.content}" for whole words alone ("single_word")`);
  if (normalizer) return; // the library, too, seeks those that are not normalised first
  const late = added.filter(({ normalized, special }) => normalized ?? !special);
  const early = added.filter((token) => !late.includes(token));
  for (const { content: a } of early) {
    for (const { content: b } of late) {
      if (overlap(a, b) || overlap(b, a)) refuse(`its tokens "${a}" and "${b}" overlap`);
    }
  }
}

/** Whether a text may hold both so that the second begins within the first. */
function overlap(first: string, second: string): boolean {
  return first.length > 0 && second.length > 0 &&
    Array.from(first, (_, i) => first.slice(i)).some((rest) =>
      rest.startsWith(second) || second.startsWith(rest)
    );
}

/**
 * Whether a tokenizer writes texts in small letters first.
 *
 * @param definition its `tokenizer.json`.
 * @returns true where its normaliser says so.
 */
export function lowersCase({ normalizer }: TokenizerDefinition): boolean {
  return partsOf(normalizer).some(({ type, lowercase }) =>
    type === "Lowercase" || type === "BertNormalizer" && lowercase !== false
  );
}

/**
 * Whether an added token is sought with a blank in front, which the normaliser puts before it as before a text.
 *
 * @param token one of the tokenizer's.
 * @param definition its `tokenizer.json`.
 * @returns false for tokens that are sought before anything is normalised.
 */
export function isPrepended(
  { normalized }: AddedToken,
  { normalizer }: TokenizerDefinition,
): boolean {
  return normalized === true && partsOf(normalizer).some(({ type }) => type === "Prepend");
}

/**
 * Refuses a text in which such a token follows the letter `▁`, as which blanks are written: the library loses it.
 *
 * @param path where the tokenizer is from.
 * @param definition its `tokenizer.json`.
 * @param text to be encoded; throws a {@linkcode UserError} where it is such a text.
 */
export function refuseLostBlank(path: string, definition: TokenizerDefinition, text: string): void {
  if (!text.includes("▁")) return;
  const token = definition.added_tokens?.find((token) =>
    isPrepended(token, definition) && text.includes(`▁${token.content}`)
  );
  if (token === undefined) return;
  throw new UserError(
    `Cannot use the tokenizer of "${path}" for a text with "▁${token.content}": Python would give other tokens`,
    "Leave the conversation out, or write it without the letter ▁.",
  );
}

/**
 * Capital sigmas as small ones. JavaScript writes the last one of a word as ς (Unicode's SpecialCasing), Python's `tokenizers`
 * every one as σ.
 *
 * @param text that will be written in small letters.
 * @returns the text, as long as it was.
 */
export function withPlainSigma(text: string): string {
  return text.replaceAll("Σ", "σ");
}

/**
 * All objects within a normaliser or pre-tokenizer: one may be a sequence of others.
 *
 * @param value what `tokenizer.json` says of it.
 * @returns itself, and all within it.
 */
export function partsOf(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(partsOf);
  if (!isObject(value)) return [];
  return [value, ...Object.values(value).flatMap(partsOf)];
}

/** Whether what a part looks for is gone from every text before: Gemma's blanks, which were replaced. */
function isReplaced({ pattern }: Record<string, unknown>, normalizer: unknown): boolean {
  const sought = isObject(pattern) ? pattern.String : undefined;
  return typeof sought === "string" &&
    partsOf(normalizer).some(({ type, pattern, content }) =>
      type === "Replace" && isObject(pattern) && pattern.String === sought &&
      !String(content).includes(sought)
    );
}
