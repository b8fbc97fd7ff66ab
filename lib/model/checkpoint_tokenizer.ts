/**
 * The tokenizer of a checkpoint, which stands beside it in a folder or within a GGUF file.
 *
 * @module
 */
import { type GivenTokenizer, givenTokenizer } from "../tokenizer/given.ts";
import { readTokenizerFiles, type TokenizerFiles } from "../tokenizer/tokenizer_files.ts";
import { readHeader } from "./gguf/header.ts";
import { isGguf, partsOf } from "./gguf/parts.ts";
import { tokenizerOf } from "./gguf/tokenizer.ts";

/**
 * Reads what a checkpoint says of its tokenizer.
 *
 * @param path folder of a checkpoint, or a GGUF file.
 * @returns definition and settings in the standard's terms, with the chat template; throws a `UserError` where they are missing,
 * broken, or of a kind that we do not have.
 */
export function readCheckpointTokenizer(path: string): TokenizerFiles {
  return isGguf(path)
    ? tokenizerOf(readHeader(partsOf(path)[0]).metadata)
    : readTokenizerFiles(path);
}

/**
 * Loads a checkpoint's tokenizer.
 *
 * @param path folder of a checkpoint, or a GGUF file.
 * @returns the tokenizer; throws a `UserError` where it cannot be had.
 */
export function loadCheckpointTokenizer(path: string): GivenTokenizer {
  return givenTokenizer(readCheckpointTokenizer(path));
}
