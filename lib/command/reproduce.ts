/** `deno task reproduce`: trains the monitors and runs the experiments. @module */
import { duration } from "../core/progress.ts";
import { EXPERIMENT_FLAGS } from "../experiment/flags.ts";
import { ENGINE_FLAGS } from "../plan/slurm/flags.ts";
import { print, printJson, printTable, warn } from "../report/terminal.ts";
import { type Command, defineCommand, experimentsHelp } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "trains the monitors and runs the experiments",
  flags: { ...EXPERIMENT_FLAGS, ...ENGINE_FLAGS },
  closing: (experiments) => `
${experimentsHelp(experiments)}
Example: deno task reproduce --only guard_generalization,fusion`,
  async run({ values, experiments }) {
    const { reproduce } = await import("../results/reproduce.ts");
    const { claimsData, printedClaims } = await import("../results/claims.ts");
    const { failureLines } = await import("../results/failures.ts");
    const started = performance.now();
    const { written, report, claims, failures } = await reproduce(values, experiments, {
      say: warn,
      begin: warn,
      glance: values.json ? undefined : printTable,
      show(table, { json, svg }) {
        if (values.json) return;
        printTable(table);
        print(`${json}\n${svg}\n`);
      },
    });
    if (values.json) {
      printJson({ written, report, claims: claimsData(claims), failures });
    } else {
      if (claims.length > 0) printTable(printedClaims(claims));
      if (report !== null) print(report);
      print(`Done in ${duration((performance.now() - started) / 1000)}.`);
    }
    if (failures.length === 0) return;
    warn(...failureLines(failures));
    Deno.exitCode = 1;
  },
});

export default command;
