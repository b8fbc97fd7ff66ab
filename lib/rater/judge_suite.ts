/**
 * `deno task judge`: a language model, behind an endpoint or in a GGUF file, judges the test rows of a suite; every answer is kept.
 *
 * @module
 */
import { join } from "node:path";
import { type Account, describeAccount, describeSpent } from "../chat/account.ts";
import type { ChatClient } from "../chat/client.ts";
import { endpointClient } from "../chat/endpoint.ts";
import { namedEndpoint } from "../chat/endpoint_flags.ts";
import { requireNetwork } from "../chat/network.ts";
import { readRecording } from "../chat/recorded.ts";
import { recordingClient } from "../chat/recording.ts";
import type { Suite } from "../conversation/suite.ts";
import { UsageError, UserError } from "../core/errors.ts";
import { exists, fileName } from "../core/files.ts";
import { startWaiting } from "../core/progress.ts";
import type { Table } from "../report/table.ts";
import { ATTEMPTS } from "./ask.ts";
import { type Answered, askJudge, RUBRICS, unreliable } from "./asked.ts";
import type { RaterFlags } from "./flags.ts";
import { drawUnsafeExamples, type Rubric } from "./prompt.ts";
import { SCORE_READINGS } from "./score_text.ts";

/** Share of conversations without a score above which the task ends with an error, after all was written. */
const MOST = 0.5;

/** Who is told of the work, and what is judged. */
export interface JudgeSuiteContext {
  /** Told what a user should know, a sentence at a time. */
  say(message: string): void;
  /** Loads what is judged, once it is known that the judge may be asked. */
  openSuite(): Promise<Suite>;
}

/** What {@linkcode judgeSuite} wrote. */
export interface JudgedSuite {
  /** Where the scores are. */
  folder: string;
  /** How many answers there are by each rubric; undefined after a dry run. */
  table: Table | undefined;
  /** Why the scores cannot be relied on; undefined where they can. */
  problem: UserError | undefined;
}

/**
 * Has a model judge the test rows of a suite by both rubrics.
 *
 * @param options which model, where its answers go; and the folder of the cache.
 * @param context what is judged, and who is told.
 * @returns where the scores were written.
 */
export async function judgeSuite(
  options: RaterFlags & { cache: string },
  { say, openSuite }: JudgeSuiteContext,
): Promise<JudgedSuite> {
  const { maxTokens, examples, cache, output } = options;
  await using client = options.judge === undefined
    ? await openEndpoint(options, say)
    : await openFile(options.judge, options);
  const suite = await openSuite();
  const folder = output ?? join(cache, "judge", suite.name, fileName(client.name));
  const path = join(folder, "answers.jsonl");
  const questions = RUBRICS.length * suite.test.length;
  say(`${questions} questions to ${client.name}, less those answered in ${path}.`);
  if (options.dryRun) {
    const kept = exists(path) && Deno.statSync(path).size > 0 ? readRecording(path).length : 0;
    say(
      `It holds ${kept} answers. One without a score is drawn again, so that there may be ${
        ATTEMPTS * questions
      } requests at most.`,
    );
    return { folder, table: undefined, problem: undefined };
  }
  using recording = recordingClient(client, path, say, {
    again: options.askAgain !== undefined,
  });
  using waiting = startWaiting(`asking ${client.name}`);
  const progress = {
    update: (done: number) => waiting.update(done, describeSpent([client.account])),
  };
  const unsafeExamples = drawUnsafeExamples(suite.train, { count: examples });
  const asking = { folder, unsafeExamples, reading: options.parser, maxTokens, progress };
  const answered = await askJudge(recording, suite.test, asking).finally(() => {
    const took = describeAccount(client.name, client.account);
    if (took !== undefined) say(took);
  });
  return {
    folder,
    table: tableOf(answered, client.name, suite.name),
    problem: problemOf(answered, client.name),
  };
}

/** Who is asked, and what that took. */
type Asked = ChatClient & AsyncDisposable & { readonly account: Readonly<Account> };

async function openEndpoint(
  { concurrency, timeout, chatTemplate, ...named }: RaterFlags,
  say: (message: string) => void,
): Promise<Asked> {
  const endpoint = namedEndpoint(named);
  const template = await templateOf(chatTemplate);
  const shared = { ...endpoint, ...template && { template } };
  const client = endpointClient({ ...shared, concurrency, timeout, say });
  await requireNetwork(new URL(endpoint.baseURL).host, "judge");
  return { ...client, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function openFile(
  path: string,
  { endpoint, chatTemplate, model, threads }: RaterFlags,
): Promise<Asked> {
  if (endpoint !== undefined || chatTemplate !== undefined) {
    throw new UsageError(
      `Cannot use --judge with --${endpoint ? "endpoint" : "chat-template"}: one model must judge`,
      "Leave one out; a GGUF file has its own chat template.",
    );
  }
  const { openGgufClient } = await import("../chat/gguf.ts");
  return await openGgufClient(path, { name: model, threads });
}

async function templateOf(folder: string | undefined) {
  if (folder === undefined) return undefined;
  const { openChatTemplate } = await import("../chat/template.ts");
  return openChatTemplate(folder);
}

function problemOf(answered: Record<Rubric, Answered>, judge: string): UserError | undefined {
  const why = unreliable(answered, MOST);
  return why === undefined ? undefined : new UserError(
    `Cannot rely on the scores of ${judge}: ${why}`,
    `Ask another judge, or read and ask otherwise: --parser ${SCORE_READINGS.join(" or ")}, ` +
      "--max-tokens, --ask-again unreadable. What was answered is kept.",
  );
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
    ) => [rubric, ...[rows, answers, defaulted, strict, lenient].map(String)]),
    notes: [
      "An answer without a score is drawn again, up to three times; then 100 counts.",
      "Read strictly, leniently: conversations with an answer that either reading can read.",
    ],
  };
}
