/**
 * An experiment as a script of its own.
 *
 * @module
 */
import { readFlags } from "../core/flags.ts";
import { exitOnError, print, printTable, warn } from "../report/terminal.ts";
import type { Experiment } from "./experiment.ts";
import { resultsFolder, RUN_FLAGS, RUN_HELP, runnable, runOptions } from "./flags.ts";

/**
 * Runs one experiment as a script of its own.
 *
 * @param experiment what to run.
 */
export function runAsScript<Config, Findings>(
  experiment: Experiment<Config, Findings>,
): Promise<void> {
  return exitOnError(async () => {
    const { values } = readFlags(Deno.args, { ...RUN_FLAGS, help: { type: "boolean" } });
    if (values.help) return print(`${experiment.question}\n${RUN_HELP}`);
    const { openWorkbench } = await import("../workbench/open_workbench.ts");
    const { runExperiment } = await import("./experiment.ts");
    const options = runOptions(values, warn);
    const bench = await openWorkbench(options);
    runnable([experiment], bench, true);
    const { table, json, svg } = await runExperiment(
      experiment,
      bench,
      resultsFolder(values, bench.suite.name),
    );
    printTable(table);
    print(`${json}\n${svg}`);
  });
}
