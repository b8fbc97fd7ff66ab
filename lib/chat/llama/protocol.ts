/**
 * What is said between a process and the one that serves a GGUF file to it, a line of JSON each.
 *
 * @module
 */
import type { AskOptions } from "../client.ts";

/** A request as tokens. */
export interface Prompt {
  /** All of them. */
  tokens: number[];
  /** How many of them are read first, by themselves: what the system says; 0 for none. */
  system: number;
}

/** A request. */
export interface ToServer {
  /** Names it. */
  id: number;
  /** What is asked. */
  prompt: Prompt;
  /** How the answer is drawn. */
  options: AskOptions;
}

/** An answer, or why there is none; the first line is about the file. */
export type FromServer =
  | { contextLength: number }
  | { id: number; text: string; tokens: number; cut: boolean }
  | { id?: number; problem: string };
