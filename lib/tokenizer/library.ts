/**
 * The tokenizers' library at work on files that it reads without looking at them first.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";

/**
 * Has the library work; whatever it throws is about the files.
 *
 * @param path of the tokenizer's file.
 * @param work what is done.
 * @returns what came of it; throws a {@linkcode UserError} where the library throws.
 */
export function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw unusable(path, (cause as Error).message, { cause });
  }
}

/**
 * A special token of a tokenizer.
 *
 * @param settings what `tokenizer_config.json` holds.
 * @param name such as `eos_token`.
 * @returns its spelling; undefined where it has none; throws an `Error` where it is no token.
 */
export function specialToken(settings: object, name: string): string | undefined {
  const token = Object.hasOwn(settings, name) && (settings as Record<string, unknown>)[name];
  if (!token) return undefined;
  const spelling = typeof token === "object" ? (token as { content?: unknown }).content : token;
  if (typeof spelling === "string") return spelling;
  throw new Error(`its ${name} must be text, or have it as its content`);
}

/**
 * A tokenizer that is not understood.
 *
 * @param path of its file.
 * @param why what is wrong.
 * @param options what caused it.
 * @returns an error with a remedy.
 */
export function unusable(path: string, why: string, options?: ErrorOptions): UserError {
  return new UserError(
    `Cannot use the tokenizer of "${path}": ${why}`,
    "Get the checkpoint again, or take another one.",
    options,
  );
}
