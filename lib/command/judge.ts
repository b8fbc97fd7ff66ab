/** `deno task judge`: has a language model behind an endpoint judge a suite. @module */
import { join } from "node:path";
import { suggestName, UsageError, UserError } from "../core/errors.ts";
import { startWaiting } from "../core/progress.ts";
import { positiveInteger } from "../core/flags.ts";
import { RUN_FLAGS, runOptions } from "../experiment/flags.ts";
import { print, printTable, warn } from "../report/terminal.ts";
import type { Answered } from "../rater/asked.ts";
import { namedEndpoint } from "../fine/respondents.ts";
import { requireNetwork } from "../chat/network.ts";
import { fileName } from "../fine/artifact.ts";
import { askingOf } from "../fine/asking.ts";
import { SCORE_READINGS } from "../rater/score_text.ts";
import type { Rubric } from "../rater/prompt.ts";
import type { Table } from "../report/table.ts";
import { type Command, defineCommand } from "./command.ts";

/** Share of conversations without a score above which the task ends with an error, after all was written. */
const MOST = 0.5;

/** Flags that say which rows. */
const SELECTING = ["suite", "revision", "domains", "max-length", "rows-per-domain"] as const;

/** The task. */
const command: Command = defineCommand({
  summary: "has a language model judge a suite's test rows, for the experiment judge",
  help: () => `
Asks a model about every test row, by a rubric of alignment and by one of uncertainty, as MOOD does.
Every answer is kept; the same command goes on where it was, and asks nothing twice.
  --endpoint URL       an OpenAI-compatible endpoint, such as http://127.0.0.1:8000/v1, with
  --model NAME         the model's name there
  --chat-template DIR  that model's checkpoint here, whose tokenizer and template make the prompt, which goes
                       to URL/completions as tokens, so that no conversation can pose as part of it; the
                       server must take tokens (vLLM, llama.cpp)    [the server's own, URL/chat/completions]
  --examples N         unsafe training conversations to show the judge, drawn once           [0]
  --suite mini|mood|FOLDER, --revision REV, --domains A,B, --max-length N, --rows-per-domain N:
                       what is judged, as of \`deno task reproduce\`; --rows-per-domain limits the cost
  --output DIR         where answers.jsonl, alignment.jsonl and uncertainty.jsonl go [.cache/judge/SUITE/NAME]
  --parser NAME        how scores are read: lenient (also what is plain without the asked-for form), or strict
                       (only a last line SCORE: n); both are counted                         [lenient]
  --concurrency N      requests at once; halved where answers do not come in time            [8]
  --timeout SECONDS    how long one request may take  [120, and one more for each token of the longest answer]
  --max-tokens N       longest answer, in tokens; more for a judge that thinks               [256]
  --ask-again unreadable: what was answered in an earlier run and cannot be read is asked for once more
  --cache DIR          where downloads are kept                                              [.cache]
Environment: OPENAI_API_KEY, the endpoint's key; OPENAI_BASE_URL and OPENAI_MODEL, where --endpoint and
--model are not given.
Example: deno task judge --endpoint http://127.0.0.1:8000/v1 --model NAME --rows-per-domain 100`,
  flags: {
    endpoint: { type: "string" },
    model: { type: "string" },
    "chat-template": { type: "string" },
    examples: { type: "string", default: "0" },
    suite: RUN_FLAGS.suite,
    revision: RUN_FLAGS.revision,
    domains: RUN_FLAGS.domains,
    "max-length": RUN_FLAGS["max-length"],
    "rows-per-domain": RUN_FLAGS["rows-per-domain"],
    output: { type: "string" },
    parser: { type: "string", default: "lenient" },
    concurrency: { type: "string", default: "8" },
    timeout: { type: "string" },
    "max-tokens": { type: "string" },
    "ask-again": { type: "string" },
    cache: RUN_FLAGS.cache,
  },
  async run({ values }) {
    const endpoint = namedEndpoint(values);
    const { concurrency, timeout, maxTokens, again } = askingOf(values);
    const reading = SCORE_READINGS.find((name) => name === values.parser);
    if (reading === undefined) {
      throw new UsageError(
        `Cannot use --parser ${values.parser}: there is no such parser`,
        suggestName(values.parser, SCORE_READINGS),
      );
    }
    const count = exampleCount(values.examples);
    const { describeAccount } = await import("../chat/account.ts");
    const { endpointClient } = await import("../chat/endpoint.ts");
    const { recordingClient } = await import("../chat/recording.ts");
    const { openWorkbench } = await import("../workbench/open_workbench.ts");
    const { askJudge, RUBRICS, unreliable } = await import("../rater/asked.ts");
    const { drawUnsafeExamples } = await import("../rater/prompt.ts");

    const template = await chatTemplate(values["chat-template"]);
    const client = endpointClient({
      ...endpoint,
      ...template && { template },
      concurrency,
      timeout,
      say: warn,
    });
    await requireNetwork(new URL(endpoint.baseURL).host, "judge");
    // --model is the judge here, and none that reads the rows
    const options = { ...values, model: undefined, quick: false, seeds: "1", threads: "1" };
    const { suite } = await openWorkbench(runOptions(options, warn), true); // nothing is measured here
    const folder = values.output ?? join(values.cache, "judge", suite.name, fileName(client.name));
    const path = join(folder, "answers.jsonl");
    using recording = recordingClient(client, path, warn, { again });
    warn(
      `${
        RUBRICS.length * suite.test.length
      } questions to ${client.name}, less those answered in ${path}.`,
    );
    using progress = startWaiting(`asking ${client.name}`);
    const unsafeExamples = drawUnsafeExamples(suite.train, { count });
    const answered = await askJudge(recording, suite.test, {
      folder,
      unsafeExamples,
      reading,
      maxTokens,
      progress,
    }).finally(() => {
      const took = describeAccount(client.name, client.account);
      if (took !== undefined) warn(took);
    });
    printTable(tableOf(answered, client.name, suite.name));
    const same = SELECTING.flatMap((flag) =>
      values[flag] === undefined ? [] : [`--${flag}`, values[flag]]
    );
    print(
      `Use it: ${["deno task reproduce --only judge --judge-scores", folder, ...same].join(" ")}`,
    );
    const why = unreliable(answered, MOST);
    if (why !== undefined) {
      throw new UserError(
        `Cannot rely on the scores of ${client.name}: ${why}`,
        `Ask another judge, or read and ask otherwise: --parser ${SCORE_READINGS.join(" or ")}, ` +
          "--max-tokens, --ask-again unreadable. What was answered is kept.",
      );
    }
  },
});

export default command;

function exampleCount(text: string): number {
  return text === "0" ? 0 : positiveInteger("examples", text);
}

async function chatTemplate(folder: string | undefined) {
  if (folder === undefined) return undefined;
  const { openChatTemplate } = await import("../chat/template.ts");
  return openChatTemplate(folder);
}

function tableOf(answered: Record<Rubric, Answered>, judge: string, suite: string): Table {
  return {
    title: `${suite}, judged by ${judge}`,
    columns: [
      "rubric",
      "conversations",
      "answers",
      "without a score",
      "read strictly",
      "leniently",
    ],
    rows: Object.entries(answered).map((
      [rubric, { rows, answers, defaulted, strict, lenient }],
    ) => [
      rubric,
      String(rows),
      String(answers),
      String(defaulted),
      String(strict),
      String(lenient),
    ]),
    notes: [
      "An answer without a score is drawn again, up to three times; then 100 counts.",
      "Read strictly, leniently: conversations with an answer that either reading can read.",
    ],
  };
}
