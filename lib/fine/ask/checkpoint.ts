/**
 * Checkpoints as `deno task fine` asks them: trained here or elsewhere, a folder or a GGUF file, in the format that they know.
 *
 * @module
 */
import { checkpointFormat } from "../../chat/checkpoint_format.ts";
import type { PromptFormat } from "../../chat/prompt_format.ts";
import { UserError } from "../../core/errors.ts";
import { type Model, readCheckpoint } from "../../model/checkpoint.ts";
import { CPU, type SessionOptions } from "../../runtime/session.ts";
import { sessionFor } from "../../workbench/passes.ts";

/** A language model that can be asked. */
export interface LocalModel {
  /** The model. */
  model: Model;
  /** How it is asked and answers. */
  format: PromptFormat;
  /** How it is run. */
  session: SessionOptions;
}

/** Options of {@linkcode openLocalModel}. */
export interface LocalModelOptions {
  /** Threads, on which answers do not depend. */
  threads: number;
  /** Folder of the cache, from which large weights are mapped into memory. */
  cache: string;
  /** Told in which format a model without a chat template is asked. */
  say: (message: string) => void;
}

/**
 * Opens a checkpoint. One without a chat template, as a base model's or one that was trained here, is asked in plain turns.
 *
 * @param path of a folder, or of a GGUF file.
 * @param options threads, cache, and whom to tell.
 * @returns the model; throws a {@linkcode UserError} where it cannot be read, or is no language model.
 */
export function openLocalModel(
  path: string,
  { threads, cache, say }: LocalModelOptions,
): LocalModel {
  const model = readCheckpoint(path);
  if (model.head !== "language-model") {
    throw new UserError(
      `Cannot ask "${path}": it must be a language model, got a ${model.head}`,
      "Give the folder or .gguf file of a causal language model.",
    );
  }
  const session = sessionFor(model, { cache: { root: cache }, device: CPU, options: { threads } });
  return { model, format: checkpointFormat(path, say), session };
}
