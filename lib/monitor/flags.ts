/**
 * The flags of `deno task fit` and `deno task score`, besides those that all tasks share.
 *
 * @module
 */
import { UsageError } from "../core/errors.ts";
import * as flag from "../core/flag.ts";
import { goingWith, type ValuesOf } from "../core/flags.ts";
import { RECALL_LOSS, SHARES } from "../detector/budget.ts";
import { HEADLINE_FPR } from "../stats/tpr_at_fpr.ts";
import { FUSIONS } from "./fusion.ts";
import { PRETRAINED_FLAGS } from "../workbench/pretrained/given_flags.ts";

const noThoughts = (rest: string) => flag.toggle({ help: `leave out what a model thought${rest}` });
const { model, monitors, layer } = PRETRAINED_FLAGS;

/** What a monitor is fitted on, and for which false-positive rates. */
export const FIT_FLAGS = {
  train: flag.text({
    value: "FILE",
    help:
      "labelled conversations (.jsonl, .jsonl.gz or .parquet), one a line: any shape that `deno task score` takes, " +
      "and malign (1 where what the assistant does is unsafe, else 0); perhaps scene, the same for rows that resemble " +
      "each other, such as those of one user",
  }),
  ...goingWith("train", "A suite has a calibration file of its own.", {
    calibration: flag.text({
      value: "FILE",
      shown: "a fifth of --train, held out by the hash of the scene or the text",
      help: "others, to calibrate on",
    }),
  }),
  noThoughts: noThoughts(" of --train and --calibration"),
  suite: flag.text({
    value: "mini|mood|FOLDER",
    usual: "mini",
    help: "instead of --train: a suite",
  }),
  model,
  monitors: {
    ...monitors,
    help:
      "what the guard is made of the model: a head on its frozen states, low-rank updates of its last " +
      "blocks (LoRA) with a head, or (auto) what does best on the calibration rows",
  },
  layer: { ...layer, help: "the layer that it stands on" },
  output: flag.text({
    value: "DIR",
    shown: ".cache/monitor/NAME of the data",
    help: "the folder to be written; must not exist",
  }),
  fusion: flag.choice(FUSIONS, {
    default: FUSIONS[0],
    help:
      "how guard, perplexity and Mahalanobis distance become one score: the smallest of their p-values, whose " +
      "false-positive rate is guaranteed, or the paper's weighted sum",
  }),
  share: flag.parsed(parseShare, {
    value: "S",
    shown: `the most, up to ${SHARES.at(-1)}, that costs at most ${
      100 * RECALL_LOSS
    } points of calibration recall`,
    help:
      "with smallest-p, how much of the alarms perplexity and Mahalanobis distance get, from 0 to 1",
  }),
  byLength: flag.toggle({
    help:
      "with smallest-p, promise the rate to short, middling and long conversations each, a third of the safe " +
      "calibration rows: it takes three times as many",
  }),
  fpr: flag.parsed(parseRates, {
    value: "F,F",
    usual: [0.005, HEADLINE_FPR, 0.02],
    help:
      "false-positive rates to report; the smallest, F, takes some 2/F safe calibration rows. With --fusion " +
      "lambda, which takes 1/F, those to have thresholds for",
  }),
  seed: flag.count({
    least: 0,
    most: 999_999_999,
    usual: 0,
    help: "of the guard, from 0; a head has none",
  }),
};

/** Values of {@linkcode FIT_FLAGS}. */
export type FitFlags = ValuesOf<typeof FIT_FLAGS>;

/** What is scored, and how. */
export const SCORE_FLAGS = {
  monitor: flag.text({ value: "DIR", required: true, help: "what `deno task fit` wrote" }),
  model: flag.text({
    value: model.value!,
    shown: "where it was when the monitor was fitted",
    help: "the pretrained model that the monitor was made of, where it is elsewhere now",
  }),
  input: flag.text({
    value: "FILE",
    required: true,
    help: "the conversations, plain, gzipped or Parquet; - for standard input",
  }),
  output: flag.text({
    value: "FILE",
    required: true,
    help: "where to, gzipped if it ends in .gz; - for standard output",
  }),
  fpr: flag.number({
    value: "F",
    default: HEADLINE_FPR,
    help:
      "flag at this false-positive rate; with --fusion lambda, one that the monitor was fitted for",
  }),
  noThoughts: noThoughts("; a monitor that was fitted without does so by itself"),
  keep: flag.names({
    value: "A,B",
    default: [],
    shown: "none",
    help: "columns of the input that the output has too, as they are; every line must have them",
  }),
  spans: flag.toggle({ help: "add the places that surprised the monitor" }),
  overwrite: flag.toggle({ help: "replace the output if it exists" }),
  shard: flag.part({
    help:
      "score the I-th of N parts only, cut by bytes where lines end; the input must be plain lines",
  }),
  join: flag.count({
    help: "score nothing: put N parts that were scored together, and remove them",
  }),
};

/** Values of {@linkcode SCORE_FLAGS}. */
export type ScoreFlags = ValuesOf<typeof SCORE_FLAGS>;

/** A share from 0 to 1. */
function parseShare(text: string, name: string): number {
  const share = Number(text);
  if (text.trim() !== "" && share >= 0 && share <= 1) return share;
  throw new UsageError(
    `Cannot use --${name} ${text}: a share must lie from 0 to 1`,
    "Give, for instance, 0.5, or leave it out to have it chosen on the calibration rows.",
  );
}

/** Rates between 0 and 1, ascending, each once. */
function parseRates(text: string, name: string): readonly number[] {
  const rates = text.split(",").map(Number);
  if (rates.every((rate) => rate > 0 && rate < 1)) {
    return [...new Set(rates)].sort((a, b) => a - b);
  }
  throw new UsageError(
    `Cannot use --${name} ${text}: rates must lie between 0 and 1`,
    "Give numbers separated by commas, such as 0.01,0.05.",
  );
}
