/** `deno task judge`: has a language model, behind an endpoint or in a GGUF file, judge a suite. @module */
import { commandLine, pick } from "../core/flags.ts";
import { EXPERIMENT_FLAGS, ROW_FLAGS, RUN_FLAGS, runOptions } from "../experiment/flags.ts";
import { RATER_FLAGS } from "../rater/flags.ts";
import { print, printTable, warn } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

const { suite, rowsPerDomain } = ROW_FLAGS;
const { output, parser, concurrency, timeout, maxTokens, askAgain, dryRun, ...RATER } = RATER_FLAGS;

/** The task. */
const command: Command = defineCommand({
  summary: "has a language model judge a suite's test rows, for the experiment judge",
  about: `
Asks a model about every test row, by a rubric of alignment and by one of uncertainty, as MOOD does.
Every answer is kept; the same command continues a run that was stopped, and asks nothing twice.`,
  flags: {
    ...RATER,
    ...ROW_FLAGS,
    suite: { ...suite, help: "what is judged, as of `deno task reproduce`" },
    rowsPerDomain: { ...rowsPerDomain, help: `${rowsPerDomain.help}; limits the cost` },
    output,
    parser,
    concurrency,
    timeout,
    maxTokens,
    askAgain,
    dryRun,
    cache: { ...RUN_FLAGS.cache, help: "where downloads are kept" },
  },
  closing: () => `
Environment: OPENAI_API_KEY, the endpoint's key; OPENAI_BASE_URL and OPENAI_MODEL, where --endpoint
and --model are not given.
Examples:
  deno task judge --endpoint http://127.0.0.1:8000/v1 --model NAME --rows-per-domain 100
  deno task judge --judge FILE.gguf --rows-per-domain 5 --max-tokens 128`,
  async run({ values }) {
    const { judgeSuite } = await import("../rater/judge_suite.ts");
    const rows = pick(values, "suite", "revision", "domains", "maxLength", "rowsPerDomain");
    const { folder, table, problem } = await judgeSuite(values, {
      say: warn,
      openSuite: async () => {
        const { openWorkbench } = await import("../workbench/open_workbench.ts");
        const flags = { ...rows, quick: false, seeds: 1, threads: 1, cache: values.cache };
        return (await openWorkbench(runOptions(flags, warn), true)).suite; // nothing is measured here
      },
    });
    if (table === undefined) return;
    printTable(table);
    const next = { only: ["judge"], judgeScores: folder, ...rows };
    print(`Use it: ${commandLine("reproduce", EXPERIMENT_FLAGS, next)}`);
    if (problem !== undefined) throw problem;
  },
});

export default command;
