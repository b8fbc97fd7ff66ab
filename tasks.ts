/**
 * The command line behind `deno task …`: reads arguments, calls the library, prints. What computes with ONNX Runtime is imported
 * by the tasks that use it, so that the others need no permission for native code.
 *
 * @module
 */
import { join } from "node:path";
import { suggestName, UsageError } from "./lib/core/errors.ts";
import { exists, makeFolder, readText, removeIfPresent } from "./lib/core/files.ts";
import { duration } from "./lib/core/progress.ts";
import {
  exitOnError,
  positiveInteger,
  print,
  readFlags,
  resultsFolder,
  RUN_FLAGS,
  RUN_HELP,
  runOptions,
  warn,
} from "./lib/experiment/command_line.ts";
import type { Experiment } from "./lib/experiment/experiment.ts";
import { AGGREGATORS, analyze, parseLambdaGrid } from "./lib/experiment/analyze.ts";
import { renderTable } from "./lib/report/table.ts";
import { claimsTable, judgeClaim, type JudgedClaim, readClaims } from "./lib/experiment/claims.ts";
import { compareArtifacts, parseArtifact } from "./lib/experiment/verify.ts";
import type { Workbench } from "./lib/experiment/workbench.ts";

const HELP = { help: { type: "boolean" } } as const;
const ONLY = { only: { type: "string" } } as const;

const commands: Record<string, (args: string[]) => Promise<void> | void> = {
  reproduce,
  verify,
  analyze: analyzeFiles,
  bench,
  mini,
};

/** The flags of the tasks that run experiments. */
function experimentHelp(): string {
  return `${RUN_HELP}
  --only NAME,…        some experiments only: ${experimentNames().join(", ")}`;
}

/** Runs experiments and prints their tables. */
async function reproduce(args: string[]): Promise<void> {
  const { values } = readFlags(args, { ...RUN_FLAGS, ...ONLY, ...HELP });
  if (values.help) {
    return print(
      `deno task reproduce: trains the monitors and runs the experiments.\n${experimentHelp()}`,
    );
  }
  const experiments = await loadExperiments(values.only);
  const { openWorkbench } = await import("./lib/experiment/workbench.ts");
  const { runExperiment } = await import("./lib/experiment/experiment.ts");
  const bench = openWorkbench(runOptions(values, warn));
  const folder = resultsFolder(values, bench.suite.name);
  makeFolder(folder); // a folder that cannot be made is better known before the training than after it
  const started = performance.now();
  for (const experiment of experiments) {
    const { table, json, svg } = await runExperiment(experiment, bench, folder);
    print(`${table}\n${json}\n${svg}\n`);
  }
  const judged = judgeClaims(folder).filter(({ verdict }) => verdict !== "not evaluated");
  if (judged.length > 0) print(renderTable(claimsTable(judged)));
  print(`Done in ${duration((performance.now() - started) / 1000)}.`);
}

/** Judges every published claim by the artifacts in a folder. */
function judgeClaims(folder: string): JudgedClaim[] {
  return readClaims(join(import.meta.dirname!, "data/claims/mood.json")).map((claim) => {
    const path = join(folder, `${claim.predicate.artifact}.json`);
    return judgeClaim(
      claim,
      exists(path) ? parseArtifact(path, claim.predicate.artifact, readText(path)) : undefined,
    );
  });
}

/** Makes the artifacts afresh beside the committed ones and compares. */
async function verify(args: string[]): Promise<void> {
  const { values } = readFlags(args, { ...RUN_FLAGS, ...ONLY, ...HELP });
  if (values.help) {
    return print(
      `deno task verify: makes the artifacts again and compares them with those in the results folder.\n${experimentHelp()}`,
    );
  }
  const { openWorkbench } = await import("./lib/experiment/workbench.ts");
  const bench = openWorkbench(runOptions(values, warn));
  const folder = resultsFolder(values, bench.suite.name);
  const fresh = join(bench.options.cache, `verify-${crypto.randomUUID().slice(0, 8)}`);
  try {
    const failures = await compareAll(await loadExperiments(values.only), bench, folder, fresh);
    print("");
    print(renderTable(claimsTable(judgeClaims(fresh))));
    if (failures > 0) Deno.exitCode = 1;
  } finally {
    removeIfPresent(fresh);
  }
}

/** Makes artifacts in one folder and compares them with those in another; returns how many are missing or differ. */
async function compareAll(
  experiments: Experiment[],
  bench: Workbench,
  folder: string,
  fresh: string,
): Promise<number> {
  const { runExperiment } = await import("./lib/experiment/experiment.ts");
  let failures = 0;
  for (const experiment of experiments) {
    const committed = join(folder, `${experiment.name}.json`);
    if (!exists(committed)) {
      print(`MISSING   ${committed}`);
      failures++;
      continue;
    }
    const text = readText(committed);
    parseArtifact(committed, experiment.name, text);
    const { json } = await runExperiment(experiment, bench, fresh);
    const { agrees, finding } = compareArtifacts(text, readText(json));
    print(`${agrees ? "agrees  " : "DIFFERS "}  ${committed}: ${finding}`);
    if (!agrees) failures++;
  }
  return failures;
}

/** Analyses scored conversations. */
function analyzeFiles(args: string[]): void {
  const { values, positionals } = readFlags(args, { ...ANALYZE_FLAGS, ...HELP }, true);
  if (values.help) return print(ANALYZE_HELP);
  const list = (flag: string, text: string) =>
    text.split(",").map((part) => {
      if (part.trim() !== "" && Number.isFinite(Number(part))) return Number(part);
      throw new UsageError(
        `Cannot use --${flag} ${text}: "${part}" is no number`,
        `Give numbers separated by commas.`,
      );
    });
  const { aggregator, anchor, output } = values;
  const { table, warnings } = analyze(positionals, {
    ...aggregator !== undefined && { aggregator },
    ...anchor !== undefined && { anchor: list("anchor", anchor)[0] },
    ...values["lambda-grid"] !== undefined &&
      { lambdaGrid: parseLambdaGrid(values["lambda-grid"]) },
    ...values["lambda-fpr"] !== undefined &&
      { lambdaFpr: list("lambda-fpr", values["lambda-fpr"])[0] },
    ...values["id-domains"] !== undefined && { idDomains: values["id-domains"].split(",") },
    ...values.fpr !== undefined && { fprTargets: list("fpr", values.fpr) },
    ...values["predict-safe"] && { predictSafe: true },
    ...output !== undefined && { output },
  });
  warnings.forEach(warn);
  print(table);
}

const ANALYZE_FLAGS = {
  "aggregator": { type: "string" },
  "anchor": { type: "string" },
  "lambda-grid": { type: "string" },
  "lambda-fpr": { type: "string" },
  "id-domains": { type: "string" },
  "fpr": { type: "string" },
  "predict-safe": { type: "boolean" },
  "output": { type: "string" },
} as const;

const ANALYZE_HELP =
  `deno task analyze FILE…: recall and AUROC of scored conversations, alone or combined.

Each FILE is a results.jsonl as mood-bench writes it: id, conversation, domain, malign (or safe), score.

  --aggregator NAME    how several files are combined: ${AGGREGATORS.join(", ")}
  --anchor N           lambda: which file is the anchor, from 0            [0]
  --lambda-grid=A:B:N  lambda: N coefficients from 10^A to 10^B, beside 0  [-2:2:21]
  --lambda-fpr F       lambda: where recall may not fall                   [0.01]
  --id-domains A,B     in-distribution domains                             [MOOD's three]
  --fpr F,F            target false-positive rates                         [0.005,0.01,0.02]
  --predict-safe       scores rise with safety: turn them round
  --output DIR         write results.jsonl and analysis.json there

Example: deno task analyze guard.jsonl mahalanobis.jsonl --aggregator lambda --output combined`;

/** Prints how fast this machine trains and scores. */
async function bench(args: string[]): Promise<void> {
  const { values } = readFlags(args, { threads: RUN_FLAGS.threads, ...HELP });
  if (values.help) {
    return print("deno task bench [--threads N]: how fast this machine trains and scores.");
  }
  const { benchmark } = await import("./lib/experiment/benchmark.ts");
  print(renderTable(await benchmark(positiveInteger("threads", values.threads))));
}

/** Writes the manifest of the embedded suite. */
async function mini(args: string[]): Promise<void> {
  const { values } = readFlags(args, HELP);
  if (values.help) {
    return print("deno task mini: writes data/mini/manifest.json after a change to the scenes.");
  }
  const { writeManifest } = await import("./lib/tokenizer/mini_manifest.ts");
  writeManifest();
}

/** Names of the scripts in `experiments/`. */
function experimentNames(): string[] {
  const files = [...Deno.readDirSync(join(import.meta.dirname!, "experiments"))].map(({ name }) =>
    name
  );
  return files.filter((name) => /^[a-z0-9_]+\.ts$/.test(name) && !name.endsWith("_test.ts"))
    .map((name) => name.slice(0, -3)).sort();
}

/** Loads the scripts of some names, or of all. */
async function loadExperiments(only: string | undefined): Promise<Experiment[]> {
  const known = experimentNames();
  const names = only?.split(",") ?? known;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot run "${unknown}": there is no such experiment`,
      suggestName(unknown, known),
    );
  }
  return await Promise.all(
    names.map(async (name) => (await import(`./experiments/${name}.ts`)).default),
  );
}

await exitOnError(async () => {
  const [name = "", ...args] = Deno.args;
  const command = commands[name];
  if (command === undefined) {
    throw new UsageError(
      `Cannot do "${name}": there is no such task`,
      suggestName(name, Object.keys(commands)),
    );
  }
  await command(args);
});
