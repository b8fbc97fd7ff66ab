/**
 * Scores of detectors on what language models are surprised by, beyond the paper's perplexity.
 *
 * @module
 */
import type { Split } from "../conversation/scenes.ts";
import { likelihoodRatio } from "../detector/likelihood_ratio.ts";
import { hasReport, reportSupport, withoutFunctions } from "../detector/report_support.ts";
import { strangestTurn } from "../detector/strangest_turn.ts";
import { turnTaking } from "../detector/turn_taking.ts";
import type { SeedScores } from "../evaluation/evaluation.ts";
import { UnplacedTokensError } from "../tokenizer/given.ts";
import { keptScores, type NamedScores, oneSeed } from "./kept_scores.ts";
import { readChanged, readTokens } from "./read_tokens.ts";
import { MEAN_SURPRISE, SURPRISE } from "./scores.ts";
import type { TrainingWorkbench, Workbench } from "./workbench.ts";

/** Raised whenever a detector on turns scores otherwise than before. */
const TURNS_VERSION = 1;

/** The same of the support of reports. */
const REPORTS_VERSION = 1;

/**
 * How surprising the turns of conversations are, and who takes them.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns by detector, one list for the only seed; none, and the user is told, where the tokenizer cannot say where tokens
 * stand.
 */
export function turnScores(bench: Workbench, split: Split): Promise<SeedScores> {
  return scoresOfPlaced(bench, split, { kind: "turns", version: TURNS_VERSION }, async () => {
    const tokens = await readTokens(bench, split);
    return [strangestTurn, turnTaking(), turnTaking("answers"), turnTaking("calls")]
      .map((detector) => [detector.name, detector.score(tokens)] as const);
  });
}

/**
 * Whether what is reported follows from what functions answered. Conversations with a report are read a second time.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns one list, for the only seed; none, and the user is told, where the tokenizer cannot say where tokens stand.
 */
export function reportScores(bench: Workbench, split: Split): Promise<SeedScores> {
  return scoresOfPlaced(bench, split, { kind: "reports", version: REPORTS_VERSION }, async () => {
    const conversations = bench.suite[split].map(({ conversation }) => conversation);
    const rows = [...conversations.keys()].filter((row) => hasReport(conversations[row]));
    const scores = new Float64Array(conversations.length); // 0 where nothing is reported
    if (rows.length > 0) {
      const whole = await readTokens(bench, split, rows);
      const without = await readChanged(bench, split, rows, withoutFunctions);
      reportSupport.score({ whole, without }).forEach((score, i) => scores[rows[i]] = score);
    }
    return [[reportSupport.name, scores]];
  });
}

/** Scores that need the places of tokens, from the cache where they are there; none where a tokenizer cannot say places. */
async function scoresOfPlaced(
  bench: Workbench,
  split: Split,
  of: { kind: string; version: number },
  make: () => Promise<NamedScores[]>,
): Promise<SeedScores> {
  const { key } = await bench.safeLanguageModel();
  const parts = {
    ...of,
    languageModel: key,
    suite: bench.suite.hash,
    split,
    device: bench.device,
  };
  try {
    return oneSeed(await keptScores(bench, parts, make));
  } catch (error) {
    if (!(error instanceof UnplacedTokensError)) throw error;
    bench.options.say(`Detectors on ${of.kind} are left out. ${error.message}`);
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
