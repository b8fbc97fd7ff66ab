/**
 * Scores of detectors on what language models are surprised by, beyond the paper's perplexity.
 *
 * @module
 */
import type { Split } from "../conversation/scenes.ts";
import { likelihoodRatio } from "../detector/likelihood_ratio.ts";
import { strangestTurn } from "../detector/strangest_turn.ts";
import { turnTaking } from "../detector/turn_taking.ts";
import type { SeedScores } from "../evaluation/evaluation.ts";
import { UnplacedTokensError } from "../tokenizer/given.ts";
import { keptScores, oneSeed } from "./kept_scores.ts";
import { readTokens } from "./read_tokens.ts";
import { MEAN_SURPRISE, SURPRISE } from "./scores.ts";
import type { TrainingWorkbench, Workbench } from "./workbench.ts";

/** Raised whenever a detector on turns scores otherwise than before. */
const TURNS_VERSION = 1;

/**
 * How surprising the turns of conversations are, and who takes them.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns by detector, one list for the only seed; none, and the user is told, where the tokenizer cannot say where tokens
 * stand.
 */
export async function turnScores(bench: Workbench, split: Split): Promise<SeedScores> {
  const { key } = await bench.safeLanguageModel();
  const parts = {
    kind: "turns",
    version: TURNS_VERSION,
    languageModel: key,
    suite: bench.suite.hash,
    split,
    device: bench.device,
  };
  try {
    return oneSeed(
      await keptScores(bench, parts, async () => {
        const tokens = await readTokens(bench, split);
        return [strangestTurn, turnTaking(), turnTaking("answers"), turnTaking("calls")]
          .map((detector) => [detector.name, detector.score(tokens)] as const);
      }),
    );
  } catch (error) {
    if (!(error instanceof UnplacedTokensError)) throw error;
    bench.options.say(`Detectors on turns are left out. ${error.message}`);
    return {};
  }
}

/**
 * The likelihood ratio of the language model tuned on safe training rows and the one that it was before.
 *
 * @param bench a workbench that has both.
 * @param split which rows.
 * @returns one list, for the only seed.
 */
export async function likelihoodRatioScores(
  bench: TrainingWorkbench,
  split: Split,
): Promise<SeedScores> {
  const { nll: safe } = await bench.signals(await bench.safeLanguageModel(), split, SURPRISE);
  const { nll: base } = await bench.signals(await bench.languageModel(), split, MEAN_SURPRISE);
  const scores = likelihoodRatio.score({ safe: safe!, base: base! });
  return { [likelihoodRatio.name]: [scores] };
}
