/** `deno task analyze`: recall and AUROC of scored conversations. @module */
import { UsageError } from "../core/errors.ts";
import { AGGREGATORS, analyze, parseLambdaGrid } from "../evaluation/analyze.ts";
import { print, printTable, warn } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "recall and AUROC of scored conversations, alone or combined",
  words: "FILE…",
  help: () => `
Each FILE is a results.jsonl as mood-bench writes it: id, conversation, domain, malign (or safe), score.
  --aggregator NAME    how several files are combined: ${AGGREGATORS.join(", ")}
  --anchor N           lambda: which file is the anchor, from 0            [0]
  --lambda-grid=A:B:N  lambda: N coefficients from 10^A to 10^B, beside 0  [-2:2:21]
  --lambda-fpr F       lambda: where recall may not fall                   [0.01]
  --id-domains A,B     in-distribution domains                             [MOOD's three]
  --fpr F,F            target false-positive rates                         [0.005,0.01,0.02]
  --predict-safe       scores rise with safety: turn them round
  --output DIR         write results.jsonl and analysis.json there
  --json               print analysis.json instead of the table
Example: deno task analyze guard.jsonl mahalanobis.jsonl --aggregator lambda --output combined`,
  flags: {
    "aggregator": { type: "string" },
    "anchor": { type: "string" },
    "lambda-grid": { type: "string" },
    "lambda-fpr": { type: "string" },
    "id-domains": { type: "string" },
    "fpr": { type: "string" },
    "predict-safe": { type: "boolean" },
    "output": { type: "string" },
    "json": { type: "boolean" },
  },
  run({ values, words }) {
    const { aggregator, anchor, output } = values;
    const { report, tables, warnings } = analyze(words, {
      ...aggregator !== undefined && { aggregator },
      ...anchor !== undefined && { anchor: numbers("anchor", anchor)[0] },
      ...values["lambda-grid"] !== undefined &&
        { lambdaGrid: parseLambdaGrid(values["lambda-grid"]) },
      ...values["lambda-fpr"] !== undefined &&
        { lambdaFpr: numbers("lambda-fpr", values["lambda-fpr"])[0] },
      ...values["id-domains"] !== undefined && { idDomains: values["id-domains"].split(",") },
      ...values.fpr !== undefined && { fprTargets: numbers("fpr", values.fpr) },
      ...values["predict-safe"] && { predictSafe: true },
      ...output !== undefined && { output },
    });
    warnings.forEach(warn);
    if (values.json) return print(JSON.stringify(report));
    tables.forEach(printTable);
  },
});

export default command;

function numbers(flag: string, text: string): number[] {
  return text.split(",").map((part) => {
    if (part.trim() !== "" && Number.isFinite(Number(part))) return Number(part);
    throw new UsageError(
      `Cannot use --${flag} ${text}: "${part}" is no number`,
      `Give numbers separated by commas.`,
    );
  });
}
