/** `deno task reproduce`: trains the monitors and runs the experiments. @module */
import { makeFolder } from "../core/files.ts";
import { announce, duration } from "../core/progress.ts";
import { resultsFolder, runnable, runOptions } from "../experiment/flags.ts";
import { print, printJson, printTable, warn } from "../report/terminal.ts";
import { claimsData, printedClaims } from "../results/claims.ts";
import { judgeClaims } from "../results/published_claims.ts";
import { writeReport } from "../results/report.ts";
import { type Command, defineCommand } from "./command.ts";
import { EXPERIMENT_FLAGS, experimentHelp } from "./experiment_flags.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "trains the monitors and runs the experiments",
  help: ({ names }) =>
    `${experimentHelp(names)}
Example: deno task reproduce --only guard_generalization,fusion`,
  flags: EXPERIMENT_FLAGS,
  async run({ values, experiments: catalogue }) {
    const options = runOptions(values, warn);
    const named = values.only !== undefined;
    const asked = await catalogue.load(values.only);
    const { openWorkbench } = await import("../workbench/open_workbench.ts");
    const { runExperiment } = await import("../experiment/experiment.ts");
    const bench = await openWorkbench(options);
    const experiments = runnable(asked, bench, named);
    const folder = resultsFolder(values, bench.suite.name);
    makeFolder(folder); // fails before hours of training, not after, where it cannot be made
    const started = performance.now();
    const written: { json: string; svg: string }[] = [];
    for (const [i, experiment] of experiments.entries()) {
      announce(`${i + 1} of ${experiments.length}: ${experiment.name}`);
      const { table, json, svg } = await runExperiment(experiment, bench, folder);
      written.push({ json, svg });
      if (values.json) continue;
      printTable(table);
      print(`${json}\n${svg}\n`);
    }
    const judged = judgeClaims(folder).filter(({ verdict }) => verdict !== "not evaluated");
    const report = await writeReport(folder, await catalogue.load());
    if (values.json) return printJson({ written, report, claims: claimsData(judged) });
    if (judged.length > 0) printTable(printedClaims(judged));
    print(report);
    print(`Done in ${duration((performance.now() - started) / 1000)}.`);
  },
});

export default command;
