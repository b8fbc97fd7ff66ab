/**
 * A dry run of `deno task fine`: how many requests would be made, and how many of these have been answered already. No model is
 * opened, and nothing is sent.
 *
 * @module
 */
import { readRecording, requestHash } from "../chat/recorded.ts";
import type { Answer, Message } from "../chat/client.ts";
import { exists } from "../core/files.ts";
import type { Table } from "../report/table.ts";
import { wantedJudges } from "./ask/judges.ts";
import { keptModel, keptPath, type Purpose } from "./ask/kept.ts";
import { respondentKind } from "./ask/respondents.ts";
import { markPrompt } from "./capability.ts";
import { LONGEST_ANSWER } from "./evaluate.ts";
import type { FineFlags } from "./flags.ts";
import { choicePrompt } from "./multiple_choice.ts";
import { LONGEST_VERDICT, openPrompt, verdictPrompt } from "./open_ended.ts";
import type { Question } from "./questions.ts";

/** What is asked, and where answers are kept. */
export interface PlanOptions extends FineFlags {
  /** Folder of the cache. */
  cache: string;
}

/** Requests of one kind to one model. */
interface Batch {
  model: string;
  what: string;
  /** Those that are known already; the others depend on answers that have not come. */
  known: Message[][];
  requests: number;
  purpose: Purpose;
  longest: number;
}

/**
 * Plans an evaluation.
 *
 * @param options who answers and who judges.
 * @param asked questions of safety.
 * @param controls questions of knowledge.
 * @returns a table with a row for each kind of request; without rows where nothing is asked of any model.
 */
export async function planTable(
  options: PlanOptions,
  asked: readonly Question[],
  controls: readonly Question[],
): Promise<Table> {
  const batches: Batch[] = [];
  const all = [...asked, ...controls];
  const kind = respondentKind(options);
  let answers: (question: Question) => Answer | undefined = () => undefined;
  if (kind === "endpoint" || kind === "respondent") {
    const { judgeEndpoint: _, ...own } = options;
    const model = await keptModel(kind === "endpoint" ? "endpoint" : options.respondent!, own);
    const longest = options.maxTokens ?? LONGEST_ANSWER;
    const kept = keptAnswers(options.cache, model, "answers");
    answers = (question) => kept.get(hashOf(openPrompt(question), longest));
    batches.push(
      batch(model, "open-ended answers", "answers", longest, all.map(openPrompt)),
      batch(model, "choices in two orders", "answers", longest, [
        ...all.map((question) => choicePrompt(question, "safe first")),
        ...all.map((question) => choicePrompt(question, "unsafe first")),
      ]),
    );
  }
  for (const [j, judge] of wantedJudges(options).entries()) {
    const marked = j === 0 ? controls : []; // the second one judges no controls
    const model = await keptModel(judge, options);
    if (model === undefined) continue;
    const longest = options.maxTokens ?? LONGEST_VERDICT;
    const about = (questions: readonly Question[], prompt: typeof verdictPrompt) =>
      questions.flatMap((question) => {
        const answer = answers(question);
        return answer === undefined ? [] : [prompt(question, answer.text)];
      });
    const verdicts = [...about(asked, verdictPrompt), ...about(marked, markPrompt)];
    batches.push(
      batch(
        model,
        "verdicts on the answers",
        "verdicts",
        longest,
        verdicts,
        asked.length + marked.length,
      ),
      batch(model, "verdicts on the questions' own options", "verdicts", longest, [
        ...asked.map((question) => verdictPrompt(question, question.safe)),
        ...asked.map((question) => verdictPrompt(question, question.unsafe)),
      ]),
    );
  }
  return {
    title: "What would be asked",
    columns: ["model", "for", "requests", "answered already", "left", "tokens of answers at most"],
    rows: batches.map(({ model, what, known, requests, purpose, longest }) => {
      const kept = keptAnswers(options.cache, model, purpose);
      const answered = known.filter((messages) => kept.has(hashOf(messages, longest))).length;
      const left = requests - answered;
      return [model, what, ...[requests, answered, left, left * longest].map(String)];
    }),
    notes: [
      batches.length === 0
        ? "Nothing is asked of a model that would have to be asked anew."
        : "This was a dry run; leave --dry-run out to ask. What is unreadable may be asked again with --ask-again.",
    ],
  };
}

function batch(
  model: string | undefined,
  what: string,
  purpose: Purpose,
  longest: number,
  known: Message[][],
  requests = known.length,
): Batch {
  return { model: model!, what, purpose, longest, known, requests };
}

const hashOf = (messages: readonly Message[], maxTokens: number) =>
  requestHash(messages, { seed: 0, temperature: 0, maxTokens });

function keptAnswers(cache: string, model: string | undefined, purpose: Purpose) {
  const path = keptPath(cache, model ?? "", purpose);
  const recorded = exists(path) && Deno.statSync(path).size > 0 ? readRecording(path) : [];
  return new Map(recorded.map(({ request, answer }) => [request, answer]));
}
