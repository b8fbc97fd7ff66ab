/** `deno task analyze`: recall and AUROC of scored conversations. @module */
import * as flag from "../core/flag.ts";
import { AGGREGATORS, analyze, parseLambdaGrid } from "../evaluation/analyze.ts";
import { print, printTable, warn } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "recall and AUROC of scored conversations, alone or combined",
  words: "FILE…",
  about: `
Each FILE is a results.jsonl as mood-bench writes it (JSON Lines, gzipped or not, or Parquet): id,
conversation, domain, malign (or safe), score.`,
  flags: {
    aggregator: flag.choice(AGGREGATORS, {
      value: "NAME",
      help: `how several files are combined: ${AGGREGATORS.join(", ")}`,
    }),
    anchor: flag.number({
      value: "N",
      usual: 0,
      help: "lambda: which file is the anchor, from 0",
    }),
    lambdaGrid: flag.parsed(parseLambdaGrid, {
      value: "A:B:N",
      shown: "-2:2:21",
      help: "lambda: N coefficients from 10^A to 10^B, beside 0; write --lambda-grid=-2:2:21",
    }),
    lambdaFpr: flag.number({ value: "F", usual: 0.01, help: "lambda: where recall may not fall" }),
    idDomains: flag.list({ shown: "MOOD's three", help: "in-distribution domains" }),
    fpr: flag.numbers({
      value: "F,F",
      shown: "0.005,0.01,0.02",
      help: "target false-positive rates",
    }),
    predictSafe: flag.toggle({ help: "scores rise with safety: turn them round" }),
    noIntervals: flag.toggle({ help: "estimates alone: no resampling, several times as fast" }),
    output: flag.text({ value: "DIR", help: "write results.jsonl and analysis.json there" }),
    json: flag.toggle({ help: "print analysis.json instead of the table" }),
  },
  closing: () =>
    "Example: deno task analyze guard.jsonl mahalanobis.jsonl --aggregator lambda --output combined",
  async run({ values, words }) {
    const { fpr, noIntervals, ...options } = values;
    const { report, tables, warnings } = await analyze(words, {
      ...options,
      intervals: !noIntervals,
      ...fpr !== undefined && { fprTargets: fpr },
    });
    if (warnings.length > 0) warn(...warnings);
    if (values.json) return print(JSON.stringify(report));
    tables.forEach(printTable);
  },
});

export default command;
