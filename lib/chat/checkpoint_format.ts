/**
 * The format in which a model on this machine is asked.
 *
 * @module
 */
import { readCheckpointTokenizer } from "../model/checkpoint_tokenizer.ts";
import { givenTokenizer } from "../tokenizer/given.ts";
import { type PromptFormat, templateFormat, turnsFormat } from "./prompt_format.ts";
import { openChatTemplate } from "./template.ts";

/**
 * Finds out how a checkpoint is asked: in its chat template, or, where it has none, as a base model's or one that was trained here,
 * in plain turns.
 *
 * @param path of a folder in Hugging Face layout, or of a GGUF file.
 * @param say told in one sentence that it has no template.
 * @returns the format; throws a `UserError` where the tokenizer cannot be read.
 */
export function checkpointFormat(path: string, say: (message: string) => void): PromptFormat {
  const files = readCheckpointTokenizer(path);
  const tokenizer = givenTokenizer(files);
  if (files.settings.chat_template) return templateFormat(openChatTemplate(path), tokenizer);
  say(`"${path}" has no chat template: it is asked in plain turns, "Human: …" and "Assistant: …".`);
  return turnsFormat(tokenizer, tokenizer.frontId);
}
