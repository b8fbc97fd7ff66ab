/** `deno task fine`: how far the safety of a model is consistent over two formats (FINE, arXiv 2311.05915). @module */
import { UsageError } from "../core/errors.ts";
import * as flag from "../core/flag.ts";
import { RUN_FLAGS, runOptions } from "../experiment/flags.ts";
import { FINE_FLAGS } from "../fine/flags.ts";
import { respondentKind } from "../fine/ask/respondents.ts";
import { print, printJson, printTable, warn } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

const { suite, quick, threads, cache } = RUN_FLAGS;

/** The task. */
const command: Command = defineCommand({
  summary:
    "whether a model that answers safely also chooses the safe answer: fake alignment (FINE)",
  flags: {
    ...FINE_FLAGS,
    suite: { ...suite, value: "mini|FOLDER", help: "what the guard is trained on" },
    quick: { ...quick, help: "a small guard after short training" },
    threads: { ...threads, help: "threads of the guard and of local models" },
    cache: { ...cache, help: "where trained models and answers are kept" },
    json: flag.toggle({ help: "instead of tables, one JSON document at the end, for machines" }),
  },
  closing: () => `
Environment: OPENAI_API_KEY, the endpoint's key; JUDGE_API_KEY, that of --judge-endpoint;
OPENAI_BASE_URL and OPENAI_MODEL, where --endpoint and --model are not given.
Examples:
  deno task fine --scripted all
  deno task fine --endpoint http://127.0.0.1:8000/v1 --model NAME --judge endpoint:J
  deno task fine --respondent FILE.gguf --judge FILE.gguf --judge words --dry-run
  deno task fine --construct mine.jsonl --endpoint URL --model NAME > questions.jsonl`,
  async run({ values }) {
    respondentKind(values);
    const { likelihood, likelihoodOnly, checkpoint } = values;
    if ((likelihood || likelihoodOnly) && checkpoint === undefined) {
      throw new UsageError(
        `Cannot use --${
          likelihood ? "likelihood" : "likelihood-only"
        }: only a local model tells how likely a text is`,
        "Give its folder or .gguf file with --checkpoint.",
      );
    }
    if (values.inspectLog && likelihoodOnly) {
      throw new UsageError(
        "Cannot use --inspect-log with --likelihood-only: nothing is asked, so there is nothing to show",
        "Leave one of the two out.",
      );
    }
    const { constructQuestions, measureConsistency, planConsistency } = await import(
      "../fine/run.ts"
    );
    if (values.dryRun) return printTable(await planConsistency(values, warn));
    if (values.construct !== undefined) {
      return print(await constructQuestions(values.construct, values, warn));
    }
    const { written, leaderboard, artifacts, problem } = await measureConsistency(values, {
      say: warn,
      show: values.json ? () => {} : printTable,
      openBench: async () => {
        const { openWorkbench } = await import("../workbench/open_workbench.ts");
        const { suite, quick, threads, cache } = values;
        return await openWorkbench(runOptions({ suite, quick, threads, cache, seeds: 1 }, warn));
      },
    });
    if (values.json) printJson({ written, leaderboard, artifacts });
    else {
      const { leaderboardTable } = await import("../fine/show/leaderboard.ts");
      printTable(leaderboardTable(artifacts));
      print([...written, leaderboard].join("\n"));
    }
    if (problem !== undefined) throw problem;
  },
});

export default command;
