/**
 * All readers of outside data, in a table.
 *
 * @module
 */
import type { Reader } from "./reader.ts";
import { answerReaders } from "./answer_readers.ts";
import { conversationReaders } from "./conversation_readers.ts";
import { modelReaders } from "./model_readers.ts";
import { resultReaders } from "./result_readers.ts";

/**
 * Makes the table; the inputs are written to be read, so that it takes a moment.
 *
 * @param folder where they are written.
 * @returns the readers.
 */
export async function allReaders(folder: string): Promise<Reader[]> {
  return [
    ...conversationReaders(folder),
    ...await modelReaders(folder),
    ...await answerReaders(folder),
    ...await resultReaders(),
  ];
}
