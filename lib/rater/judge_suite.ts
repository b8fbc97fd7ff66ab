/**
 * `deno task judge`: a language model behind an endpoint judges the test rows of a suite; every answer is kept.
 *
 * @module
 */
import { join } from "node:path";
import { endpointClient } from "../chat/endpoint.ts";
import { namedEndpoint } from "../chat/endpoint_flags.ts";
import { requireNetwork } from "../chat/network.ts";
import { recordingClient } from "../chat/recording.ts";
import type { Suite } from "../conversation/suite.ts";
import { fileName } from "../core/files.ts";
import { startProgress } from "../core/progress.ts";
import type { Table } from "../report/table.ts";
import { type Answered, askJudge, RUBRICS } from "./asked.ts";
import type { RaterFlags } from "./flags.ts";
import { drawUnsafeExamples, type Rubric } from "./prompt.ts";

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
  /** How many answers there are by each rubric. */
  table: Table;
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
  const { concurrency, examples, chatTemplate, cache, output } = options;
  const endpoint = namedEndpoint(options);
  const template = await templateOf(chatTemplate);
  const client = endpointClient({ ...endpoint, ...template && { template }, concurrency });
  await requireNetwork(new URL(endpoint.baseURL).host, "judge");
  const suite = await openSuite();
  const folder = output ?? join(cache, "judge", suite.name, fileName(client.name));
  const path = join(folder, "answers.jsonl");
  using recording = recordingClient(client, path, say);
  const questions = RUBRICS.length * suite.test.length;
  say(`${questions} questions to ${client.name}, less those answered in ${path}.`);
  using progress = startProgress(`asking ${client.name}`);
  const unsafeExamples = drawUnsafeExamples(suite.train, { count: examples });
  const answered = await askJudge(recording, suite.test, { folder, unsafeExamples, progress });
  return { folder, table: tableOf(answered, client.name, suite.name) };
}

async function templateOf(folder: string | undefined) {
  if (folder === undefined) return undefined;
  const { openChatTemplate } = await import("../chat/template.ts");
  return openChatTemplate(folder);
}

function tableOf(answered: Record<Rubric, Answered>, judge: string, suite: string): Table {
  return {
    title: `${suite}, judged by ${judge}`,
    columns: ["rubric", "conversations", "answers", "without a score"],
    rows: Object.entries(answered).map(([rubric, { rows, answers, defaulted }]) => [
      rubric,
      String(rows),
      String(answers),
      String(defaulted),
    ]),
    notes: ["An answer without a score is drawn again, up to three times; then 100 counts."],
  };
}
