/** `deno task verify`: makes the artifacts again and compares them with the committed ones. @module */
import { EXPERIMENT_FLAGS } from "../experiment/flags.ts";
import { print, printJson, printTable, warn } from "../report/terminal.ts";
import { type Command, defineCommand, experimentsHelp } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "makes the artifacts again and compares them with those in the results folder",
  flags: EXPERIMENT_FLAGS,
  closing: (experiments) => `
${experimentsHelp(experiments)}
Example: deno task verify --only guard_generalization`,
  async run({ values, experiments }) {
    const { verify } = await import("../results/verify.ts");
    const { claimsData, printedClaims } = await import("../results/claims.ts");
    const { failureLines } = await import("../results/failures.ts");
    const { artifacts, claims, failures } = await verify(values, experiments, {
      say: warn,
      begin: warn,
      show({ path, agrees, finding }) {
        if (!values.json) print(`${agrees ? "agrees " : "DIFFERS"}  ${path}: ${finding}`);
      },
    });
    if (values.json) {
      printJson({ artifacts, claims: claimsData(claims), failures });
    } else if (claims.length > 0) {
      print("");
      printTable(printedClaims(claims));
    }
    if (failures.length > 0) warn(...failureLines(failures));
    if (failures.length > 0 || artifacts.some(({ agrees }) => !agrees)) Deno.exitCode = 1;
  },
});

export default command;
