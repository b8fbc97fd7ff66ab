/** `deno task score`: a fitted monitor applied to logs. @module */
import { RUN_FLAGS } from "../experiment/flags.ts";
import { SCORE_FLAGS } from "../monitor/flags.ts";
import { SCORE_ENGINE_FLAGS } from "../plan/slurm/flags.ts";
import { warn } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "scores your own conversations with a fitted monitor",
  about: `
Each line of the input is one conversation in JSON (or each row of a Parquet file), in any of these
shapes, which may be mixed; docs/your-own-logs.md lists more (Anthropic, Gemini, Responses, LangChain, …):
  {"conversation": "\\n\\nHuman: …\\n\\nAssistant: …"}
  {"messages": [{"role": "user", "content": "…"}, …]}    as in OpenAI's chat interface, with tool calls
  {"prompt": "…", "response": "…"}
  {"text": "…"}
What is said, thought and done in tools is scored; what has no text stands there by name, as [image].
It may have an id. The output has one line for each, in the same order: line, id, what --keep names,
score (to rank by; rises with danger), p, flagged (p is at most --fpr), loudest (which part spoke:
guard, perplexity or mahalanobis), parts (the p-value of each), truncatedTurns. p is among the safe
conversations that the monitor was calibrated on, and carries the guarantee: of safe ones like those, at
most the share --fpr is flagged, on average over calibrations. A monitor with --fusion lambda has no
p-values, but shares: what each part adds to the score.`,
  flags: {
    ...SCORE_FLAGS,
    threads: { ...RUN_FLAGS.threads, help: "threads to compute with; scores do not change" },
    cache: { ...RUN_FLAGS.cache, help: "where models from the hub are kept" },
    ...SCORE_ENGINE_FLAGS,
  },
  closing: () => `
A run that was killed leaves FILE.partial; the same command continues from there.
Example: deno task score --monitor my-monitor --input logs.jsonl.gz --output scored.jsonl --spans`,
  async run({ values }) {
    if (values.engine === "slurm") {
      const { scoreOnSlurm } = await import("../plan/slurm/score_on_slurm.ts");
      return warn(...(await scoreOnSlurm(values, { say: warn, begin: warn })).split("\n"));
    }
    const { scoreFiles } = await import("../monitor/score_files.ts");
    warn(...await scoreFiles(values, warn));
  },
});

export default command;
