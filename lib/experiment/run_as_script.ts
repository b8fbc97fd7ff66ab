/**
 * An experiment as a script of its own.
 *
 * @module
 */
import { asksForHelp, helpOf, readFlags } from "../core/flags.ts";
import { exitOnError, print, printTable, warn } from "../report/terminal.ts";
import type { Experiment } from "./experiment.ts";
import { RUN_FLAGS } from "./flags.ts";

/**
 * Runs one experiment as a script of its own.
 *
 * @param experiment what to run.
 */
export function runAsScript<Config, Findings>(
  experiment: Experiment<Config, Findings>,
): Promise<void> {
  return exitOnError(async () => {
    if (asksForHelp(Deno.args)) return print(`${experiment.question}\n\n${helpOf(RUN_FLAGS)}`);
    const { values } = readFlags(Deno.args, RUN_FLAGS, { task: "run", say: warn });
    const { openRun } = await import("./open_run.ts");
    const { runExperiment } = await import("./experiment.ts");
    const { bench, folder } = await openRun([experiment], values, { named: true, say: warn });
    const { table, json, svg } = await runExperiment(experiment, bench, folder);
    printTable(table);
    print(`${json}\n${svg}`);
  });
}
