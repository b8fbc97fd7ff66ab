/** `deno task score`: a fitted monitor applied to logs. @module */
import { suggestName, UsageError } from "../core/errors.ts";
import { startProgress } from "../core/progress.ts";
import { positiveInteger } from "../core/flags.ts";
import { RUN_FLAGS } from "../experiment/run_flags.ts";
import { warn } from "../report/terminal.ts";
import type { Threshold } from "../monitor/fitted_monitor.ts";
import { HEADLINE_FPR } from "../stats/tpr_at_fpr.ts";
import { type Command, defineCommand } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "scores your own conversations with a fitted monitor",
  help: () => `
Each line of the input is one conversation in JSON (or each row of a Parquet file), in any of these
shapes, which may be mixed; README lists more (Anthropic, Gemini, Responses, LangChain, ShareGPT, TRL):
  {"conversation": "\\n\\nHuman: …\\n\\nAssistant: …"}
  {"messages": [{"role": "user", "content": "…"}, …]}    as in OpenAI's chat interface, with tool calls
  {"prompt": "…", "response": "…"}
  {"text": "…"}
What is said, thought and done in tools is scored; what has no text stands there by name, as [image].
It may have an id. The output has one line for each, in the same order: line, id, score, flagged,
shares (what each part of the monitor adds to the score), truncatedTurns.
  --monitor DIR        what \`deno task fit\` wrote
  --input FILE         the conversations, plain, gzipped or Parquet; - for standard input
  --output FILE        where to, gzipped if it ends in .gz; - for standard output
  --fpr F              flag at this false-positive rate; one that the monitor was fitted for  [0.01]
  --no-thoughts        leave out what a model thought; the monitor should be fitted the same way
  --spans              add the places that surprised the monitor
  --overwrite          replace the output if it exists
  --threads N          threads to compute with; scores do not change              [all cores]
A run that was killed leaves FILE.partial; the same command goes on from there.
Example: deno task score --monitor my-monitor --input logs.jsonl.gz --output scored.jsonl --spans`,
  flags: {
    monitor: { type: "string" },
    input: { type: "string" },
    output: { type: "string" },
    fpr: { type: "string", default: String(HEADLINE_FPR) },
    "no-thoughts": { type: "boolean", default: false },
    spans: { type: "boolean", default: false },
    overwrite: { type: "boolean", default: false },
    threads: RUN_FLAGS.threads,
  },
  async run({ values }) {
    const [folder, input, output] = (["monitor", "input", "output"] as const).map((flag) =>
      required(flag, values[flag])
    );
    const threads = positiveInteger("threads", values.threads);
    const { readMonitor } = await import("../monitor/fitted_monitor.ts");
    const { describeNotes } = await import("../log/logs.ts");
    const { scoreLog } = await import("../monitor/score_log.ts");
    const monitor = readMonitor(folder);
    const threshold = thresholdFor(values.fpr, monitor.thresholds);
    using progress = startProgress("scoring");
    const { spans, overwrite } = values;
    const { rows, flagged, truncated, notes, resumedAt } = await scoreLog(monitor, {
      input,
      output,
      threshold,
      spans,
      thoughts: !values["no-thoughts"],
      overwrite,
      threads,
      progress,
    });
    if (resumedAt > 0) warn(`Gone on behind line ${resumedAt}, where an earlier run had ended.`);
    warn(`${rows} conversations scored, ${flagged} flagged at FPR ${threshold.target}.`);
    describeNotes(input, notes).forEach(warn);
    if (truncated > 0) {
      const { contextLength } = monitor.guard.config;
      warn(
        `${truncated} are longer than ${contextLength} tokens; turns at their front were left out.`,
      );
    }
  },
});

export default command;

function required(flag: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new UsageError(`Cannot score: --${flag} is missing`, "See --help.");
}

function thresholdFor(text: string, thresholds: readonly Threshold[]): Threshold {
  const found = thresholds.find(({ target }) => target === Number(text));
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot use --fpr ${text}: the monitor has no threshold for it`,
    suggestName(text, thresholds.map(({ target }) => String(target))),
  );
}
