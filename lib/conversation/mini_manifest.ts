/**
 * The manifest of the embedded suite: what it holds, counted, and the hash of each generated split, so that a
 * change of a scene, of the generator or of the random streams cannot go unnoticed.
 *
 * @module
 */
import { join } from "node:path";
import { mean } from "mathjs/number";
import { writeFileAtomic } from "../core/files.ts";
import { type Json, roundNumbers, sha256 } from "../core/json.ts";
import { DOMAINS } from "./domains.ts";
import type { Row } from "./row.ts";
import { SPLITS } from "./scenes.ts";
import { miniSuite, type Suite, toJsonl } from "./suite.ts";

/** Where the manifest stands. */
export const MANIFEST_PATH: string = join(
  import.meta.dirname!,
  "../../data/mini/manifest.json",
);

const VOCABULARY_SIZE = 2048; // of the tokenizer that counts

/** What of a tokenizer is needed to count tokens. */
export interface TokenCounter {
  /** How many tokens there are. */
  vocabSize: number;
  /** Cuts a text into tokens. */
  encode(text: string): ArrayLike<number>;
}

/** Trains a tokenizer on texts, up to a size of its vocabulary. */
export type TrainTokenizer = (texts: readonly string[], vocabularySize: number) => TokenCounter;

/**
 * Generates the suite `mini` and writes down what it holds.
 *
 * @param train makes the tokenizer that counts.
 * @param path where to.
 */
export function writeManifest(train: TrainTokenizer, path: string = MANIFEST_PATH): void {
  writeFileAtomic(path, manifestText(miniSuite(), train));
}

/**
 * The manifest of a suite.
 *
 * @param suite any suite.
 * @param train makes the tokenizer that counts, from the training split.
 * @returns JSON text: for every split its rows, its SHA-256 as JSON Lines, and for every domain and label the
 * number of rows and scenes and the fewest, mean and most tokens of a conversation.
 */
export function manifestText(suite: Suite, train: TrainTokenizer): string {
  const texts = suite.train.map(({ conversation }) => conversation);
  const tokenizer = train(texts, VOCABULARY_SIZE);
  const splits = SPLITS.map((split) => [split, describeSplit(suite[split], tokenizer)]);
  const manifest = {
    suite: suite.name,
    synthetic: suite.synthetic,
    hash: suite.hash,
    vocabularySize: tokenizer.vocabSize,
    splits: Object.fromEntries(splits),
  };
  return JSON.stringify(roundNumbers(manifest, 4), null, 2) + "\n";
}

function describeSplit(rows: readonly Row[], tokenizer: TokenCounter): Json {
  const groups = DOMAINS.flatMap((domain) =>
    ([0, 1] as const).map((malign) => ({
      domain,
      label: malign === 1 ? "unsafe" : "safe",
      rows: rows.filter((row) => row.domain === domain && row.malign === malign),
    }))
  ).filter((group) => group.rows.length > 0);
  return {
    rows: rows.length,
    sha256: sha256(toJsonl(rows)),
    groups: groups.map(({ domain, label, rows }) => {
      const lengths = rows.map(({ conversation }) => tokenizer.encode(conversation).length);
      return {
        domain,
        label,
        rows: rows.length,
        scenes: new Set(rows.map(({ scene }) => scene)).size,
        minTokens: Math.min(...lengths),
        meanTokens: mean(lengths),
        maxTokens: Math.max(...lengths),
      };
    }),
  };
}
