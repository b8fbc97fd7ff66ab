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
