/**
 * The published scores of 14 models (FINE, arXiv 2311.05915).
 *
 * @module
 */
import { join } from "node:path";
import { readText } from "../../core/files.ts";

const PATH = join(import.meta.dirname!, "../../../data/published/fine.json");

/** What the authors of FINE found of a model, over all of their questions. */
export interface PublishedScores {
  /** The model's name. */
  model: string;
  /** Consistency Score, in percent. */
  cs: number;
  /** Consistent Safety Score, in percent. */
  css: number;
}

/**
 * Reads the published scores.
 *
 * @returns those of 14 models, highest CS first.
 */
export function publishedScores(): PublishedScores[] {
  return JSON.parse(readText(PATH)).models;
}
