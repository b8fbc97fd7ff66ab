/** `deno task verify`: makes the artifacts again and compares them with the committed ones. @module */
import { join } from "node:path";
import { exists, readText, removeIfPresent } from "../core/files.ts";
import { claimsTable } from "../experiment/claims.ts";
import { print, printTable, resultsFolder, runOptions, warn } from "../experiment/command_line.ts";
import type { Experiment } from "../experiment/experiment.ts";
import { compareArtifacts, parseArtifact } from "../experiment/verify.ts";
import type { Workbench } from "../experiment/workbench.ts";
import { judgeClaims } from "../experiment/published_claims.ts";
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
    const { openWorkbench } = await import("../experiment/workbench.ts");
    const bench = openWorkbench(runOptions(values, warn));
    const folder = resultsFolder(values, bench.suite.name);
    const fresh = join(bench.options.cache, `verify-${crypto.randomUUID().slice(0, 8)}`);
    try {
      const failures = await compareAll(await experiments.load(values.only), bench, folder, fresh);
      print("");
      printTable(claimsTable(judgeClaims(fresh)));
      if (failures > 0) Deno.exitCode = 1;
    } finally {
      removeIfPresent(fresh);
    }
  },
});

export default command;

/** Makes artifacts in one folder and compares them with those in another; returns how many are missing or differ. */
async function compareAll(
  experiments: Experiment[],
  bench: Workbench,
  folder: string,
  fresh: string,
): Promise<number> {
  const { runExperiment } = await import("../experiment/experiment.ts");
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
