/**
 * Puts the questions of an exam to assistants.
 *
 * @module
 */
import { join } from "node:path";
import type { ChatClient } from "../../lib/chat/client.ts";
import { openGgufClient } from "../../lib/chat/gguf.ts";
import { openLocalClient } from "../../lib/chat/local.ts";
import type { PromptFormat } from "../../lib/chat/prompt_format.ts";
import { readText, writeFileAtomic } from "../../lib/core/files.ts";
import { canonicalJson, hashOf } from "../../lib/core/json.ts";
import { startProgress } from "../../lib/core/progress.ts";
import { evaluateRespondent } from "../../lib/fine/evaluate.ts";
import { judgedByLikelihood, likelierOptions } from "../../lib/fine/likelihood.ts";
import type { Outcome } from "../../lib/fine/scores.ts";
import { readAdapter } from "../../lib/model/adapter.ts";
import { writeAdapterFile } from "../../lib/model/gguf/adapter_file.ts";
import { sessionFor } from "../../lib/workbench/passes.ts";
import type { TrainedModel, Workbench } from "../../lib/workbench/workbench.ts";
import type { Exam } from "./exam.ts";

/** What became of the questions that an assistant was asked. */
interface Examination {
  /** By FINE's protocol. */
  generated: Outcome[];
  /** With the likelier option in place of the open-ended answer. */
  likelihood: Outcome[];
}

/** How assistants are asked. */
export interface AskedHow {
  /** The format that they know. */
  format: PromptFormat;
  /** Longest answer in tokens. */
  maxTokens: number;
  /** The GGUF file of the model that they are updates of: llama.cpp answers then. Default: they answer here. */
  gguf?: string | undefined;
}

/** The ending of a respondent's name where its open-ended half is measured by likelihood. */
export const LIKELIHOOD = " by likelihood";

/**
 * Asks assistants, or finds their outcomes in the cache.
 *
 * @param bench the workbench.
 * @param assistants under every seed, by name.
 * @param exam what they are asked, and who judges.
 * @param how they are asked.
 * @returns for each and its seeds the outcomes in the order of the questions, and the same by likelihood under another name.
 */
export async function examineAll(
  bench: Workbench,
  assistants: Readonly<Record<string, readonly TrainedModel[]>>,
  exam: Exam,
  how: AskedHow,
): Promise<Record<string, Outcome[][]>> {
  const respondents: Record<string, Outcome[][]> = {};
  for (const [name, models] of Object.entries(assistants)) {
    const method = name + LIKELIHOOD;
    [respondents[name], respondents[method]] = [[], []];
    for (const model of models) {
      const found = await examine(bench, model, exam, how);
      respondents[name].push(found.generated);
      respondents[method].push(found.likelihood);
    }
  }
  return respondents;
}

async function examine(
  bench: Workbench,
  assistant: TrainedModel,
  { questions, judge, judgeParts }: Exam,
  how: AskedHow,
): Promise<Examination> {
  const { format, maxTokens, gguf } = how;
  const parts = {
    model: assistant.key,
    questions: hashOf(questions),
    judgeParts,
    maxTokens,
    ...gguf !== undefined && { by: "llama.cpp" },
  };
  const folder = await bench.cache.entry("outcomes", parts, async (folder, scratch) => {
    using progress = startProgress("asking an assistant");
    await using client = await openAssistant(bench, assistant, how, scratch);
    const options = { judge, progress, maxTokens };
    const { outcomes } = await evaluateRespondent(client, questions, options);
    const session = sessionFor(assistant.model, bench);
    const likelier = await likelierOptions(assistant.model, format, questions, {
      ...session,
      progress,
    });
    const found: Examination = {
      generated: outcomes,
      likelihood: judgedByLikelihood(outcomes, likelier),
    };
    writeFileAtomic(join(folder, "outcomes.json"), canonicalJson(found));
  });
  return JSON.parse(readText(join(folder, "outcomes.json")));
}

/** Who answers for an assistant. */
async function openAssistant(
  bench: Workbench,
  { model, folder }: TrainedModel,
  { format, maxTokens, gguf }: AskedHow,
  scratch: string,
): Promise<ChatClient & AsyncDisposable> {
  if (gguf === undefined) {
    const session = sessionFor(model, bench);
    return await openLocalClient(model, format, { name: "assistant", maxTokens, session });
  }
  const { threads } = bench.options;
  if (folder === gguf) return await openGgufClient(gguf, { threads });
  const adapter = join(scratch, "adapter.gguf");
  writeAdapterFile(adapter, readAdapter(folder), gguf);
  return await openGgufClient(gguf, { adapter, threads });
}
