/** `deno task verify`: makes the artifacts again and compares them with the committed ones. @module */
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { announce } from "../core/progress.ts";
import { exists, readText, removeIfPresent } from "../core/files.ts";
import { claimsData, printedClaims } from "../results/claims.ts";
import { resultsFolder, runnable, runOptions } from "../experiment/flags.ts";
import { print, printJson, printTable, warn } from "../report/terminal.ts";
import type { Experiment } from "../experiment/experiment.ts";
import { parseArtifact } from "../results/artifact.ts";
import { type ArtifactCheck, compareArtifacts } from "../results/verify.ts";
import type { Workbench } from "../workbench/workbench.ts";
import { judgeClaims } from "../results/published_claims.ts";
import { type Command, defineCommand } from "./command.ts";
import { EXPERIMENT_FLAGS, experimentHelp } from "./experiment_flags.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "makes the artifacts again and compares them with those in the results folder",
  help: ({ names }) =>
    `${experimentHelp(names)}
Example: deno task verify --only guard_generalization`,
  flags: EXPERIMENT_FLAGS,
  async run({ values, experiments }) {
    const { openWorkbench } = await import("../workbench/open_workbench.ts");
    if (values.results !== undefined) requireFolder(values.results); // before anything is downloaded
    const options = runOptions(values, warn);
    const named = values.only !== undefined;
    const asked = await experiments.load(values.only);
    const bench = await openWorkbench(options);
    const chosen = runnable(asked, bench, named);
    const folder = resultsFolder(values, bench.suite.name);
    requireFolder(folder);
    const fresh = join(bench.options.cache, `verify-${crypto.randomUUID().slice(0, 8)}`);
    try {
      const checked = await compareAll(chosen, bench, folder, fresh, !values.json);
      const judged = judgeClaims(fresh);
      if (values.json) {
        printJson({ artifacts: checked, claims: claimsData(judged) });
      } else {
        print("");
        printTable(printedClaims(judged));
      }
      if (checked.some(({ agrees }) => !agrees)) Deno.exitCode = 1;
    } finally {
      removeIfPresent(fresh);
    }
  },
});

export default command;

function requireFolder(folder: string): void {
  if (exists(folder)) return;
  throw new UserError(
    `Cannot verify "${folder}": there is no such folder`,
    "Make results with `deno task reproduce`, or give the folder that holds them with --results.",
  );
}

/** What was found of a committed artifact. */
interface Checked {
  path: string;
  agrees: boolean;
  finding: string;
}

/** Makes artifacts in one folder, compares them with those in another, and prints a line on each as it is done. */
async function compareAll(
  experiments: Experiment[],
  bench: Workbench,
  folder: string,
  fresh: string,
  aloud: boolean,
): Promise<Checked[]> {
  const checked: Checked[] = [];
  for (const [i, experiment] of experiments.entries()) {
    announce(`${i + 1} of ${experiments.length}: ${experiment.name}`);
    const path = join(folder, `${experiment.name}.json`);
    const comparison = await compare(experiment, bench, path, fresh);
    checked.push({ path, ...comparison });
    if (aloud) {
      print(`${comparison.agrees ? "agrees " : "DIFFERS"}  ${path}: ${comparison.finding}`);
    }
  }
  return checked;
}

async function compare(
  experiment: Experiment,
  bench: Workbench,
  path: string,
  fresh: string,
): Promise<ArtifactCheck> {
  if (!exists(path)) return { agrees: false, finding: "it is missing" };
  const { runExperiment } = await import("../experiment/experiment.ts");
  const text = readText(path);
  parseArtifact(path, { name: experiment.name }, text); // says that it is broken before hours of training, not after
  const { json } = await runExperiment(experiment, bench, fresh);
  return compareArtifacts(text, readText(json));
}
