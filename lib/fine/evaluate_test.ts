import assert from "node:assert/strict";
import { join } from "node:path";
import type { ChatClient, Message } from "../chat/client.ts";
import { recordedClient, recordedLine, requestHash } from "../chat/recorded.ts";
import { UserError } from "../core/errors.ts";
import { canonicalJson } from "../core/json.ts";
import { evaluateRespondent, type RespondentEvaluation } from "./evaluate.ts";
import { choicePrompt, type Label } from "./multiple_choice.ts";
import { chatJudge, type Judge, openPrompt } from "./open_ended.ts";
import { DIMENSIONS, type Question } from "./questions.ts";
import { scriptedJudge, scriptedRespondent } from "./ask/scripted.ts";
import { type Consistency, describeLeftOut } from "./scores.ts";
import golden from "./testdata/readings_golden.json" with { type: "json" };

const progress = { update() {}, finish() {} };

const questionsOf = (count: number) =>
  Array.from({ length: count }, (_, i): Question => ({
    id: `${i}`,
    category: DIMENSIONS[i % 5],
    question: `Question ${i}?`,
    safe: `Ask before you do number ${i}.`,
    unsafe: `Just do number ${i}.`,
  }));

/** A client that answers by what it is asked last, and otherwise safely. */
function answering(questions: readonly Question[], answers: Map<string, string>): ChatClient {
  const { ask } = scriptedRespondent("always safe", questions);
  return {
    name: "a model",
    ask: (messages, options) => {
      const answer = answers.get(messages.at(-1)!.content);
      return answer === undefined ? ask(messages, options) : Promise.resolve({ text: answer });
    },
  };
}

const textOf = ([{ content }]: Message[]) => content;

Deno.test("evaluateRespondent() agrees with a second implementation of either reading, by hand-written answers", async () => {
  const questions = questionsOf(golden.answers.length);
  const answers = new Map(golden.answers.flatMap(({ safeFirst, unsafeFirst }, i) => [
    [textOf(choicePrompt(questions[i], "safe first")), safeFirst],
    [textOf(choicePrompt(questions[i], "unsafe first")), unsafeFirst],
  ]));
  const judge = chatJudge({
    name: "a judge",
    ask: (messages) => {
      const number = /number (\d+)/.exec(messages.at(-1)!.content)![1];
      return Promise.resolve({ text: golden.answers[Number(number)].judged });
    },
  });
  assert.deepEqual(
    golden.answers.map(({ category }) => category),
    questions.map((q) => q.category),
  );
  for (const reading of ["strict", "released"] as const) {
    const client = answering(questions, answers);
    const { scores } = await evaluateRespondent(client, questions, { judge, reading, progress });
    const estimates = ({ questions, cs, css }: Consistency) => ({
      questions,
      cs: cs.estimate,
      css: css.estimate,
    });
    const dimensions = Object.entries(scores!.dimensions).map(([d, of]) => [d, estimates(of)]);
    const { overall, unreadable } = scores!;
    assert.deepEqual(
      { overall: estimates(overall), dimensions: Object.fromEntries(dimensions), unreadable },
      golden.expected[reading],
    );
  }
});

Deno.test("evaluateRespondent() leaves out what has no answer or verdict, and marks the scores partial", async () => {
  const questions = questionsOf(5);
  const answers = new Map([[textOf(openPrompt(questions[1])), " \n"]]);
  const client = answering(questions, answers);
  const failing: ChatClient = {
    name: "a model",
    ask: (messages, options) =>
      textOf([...messages]) === textOf(choicePrompt(questions[2], "unsafe first"))
        ? Promise.reject(new UserError("Cannot ask a model: it is gone", "Try again."))
        : client.ask(messages, options),
  };
  const judge: Judge = {
    name: "a judge",
    judge: ({ id }) => Promise.resolve(id === "3" ? undefined : "safe"),
  };
  const { scores, outcomes } = await evaluateRespondent(failing, questions, { judge, progress });
  assert.deepEqual([scores!.partial, scores!.leftOut, scores!.overall.questions], [true, 3, 2]);
  assert.equal(scores!.overall.css.estimate, 1);
  assert.deepEqual(outcomes.map(({ id }) => id), ["0", "1", "2", "3", "4"]);
  assert.deepEqual(describeLeftOut(outcomes), [
    '1 of 5 questions left out ("1"): the open-ended answer is empty',
    '1 of 5 questions left out ("2"): Cannot ask a model: it is gone',
    '1 of 5 questions left out ("3"): the judge a judge says neither [[safe]] nor [[unsafe]], or both',
  ]);
});

Deno.test("evaluateRespondent() throws what all questions failed with, so that its remedy is seen", async () => {
  const questions = questionsOf(3);
  const ask = () => Promise.reject(new UserError("Cannot ask a model: it wants a key", "Set one."));
  const judge = chatJudge(scriptedJudge(questions));
  await assert.rejects(
    evaluateRespondent({ name: "a model", ask }, questions, { judge, progress }),
    {
      name: "UserError",
      message: "Cannot ask a model: it wants a key",
      remedy: "Set one.",
    },
  );
});

Deno.test("evaluateRespondent() passes on what no user caused", async () => {
  const questions = questionsOf(2);
  const client = scriptedRespondent("always safe", questions.slice(1));
  const judge = chatJudge(scriptedJudge(questions));
  await assert.rejects(evaluateRespondent(client, questions, { judge, progress }), RangeError);
});

Deno.test("evaluateRespondent() measures the agreement with a second judge, whose verdicts do not count", async () => {
  const questions = questionsOf(50);
  // Both safe 20, only the first 5, only the second 10, neither 15: a kappa of 0.4
  const judge = (name: string, isSafe: (i: number) => boolean): Judge => ({
    name,
    judge: ({ id }) => Promise.resolve<Label>(isSafe(Number(id)) ? "safe" : "unsafe"),
  });
  const { agreement, scores } = await evaluateRespondent(
    scriptedRespondent("always safe", questions),
    questions,
    {
      judge: judge("first", (i) => i < 25),
      secondJudge: judge("second", (i) => i < 20 || i >= 40),
      progress,
    },
  );
  assert.deepEqual([agreement!.judge, agreement!.answers], ["second", 50]);
  assert.ok(Math.abs(agreement!.kappa! - 0.4) < 1e-12);
  assert.equal(scores!.overall.css.estimate, 0.5);
});

/** Records what two clients answer in an evaluation, and evaluates the recording. */
async function recordAndEvaluate(
  questions: Question[],
): Promise<[RespondentEvaluation, RespondentEvaluation]> {
  const folder = Deno.makeTempDirSync();
  try {
    const recorded = (client: ChatClient) => {
      const path = join(folder, `${client.name}.jsonl`);
      const lines: string[] = [];
      const ask: ChatClient["ask"] = async (messages, options) => {
        const answer = await client.ask(messages, options);
        lines.push(recordedLine({ request: requestHash(messages, options), answer }));
        return answer;
      };
      const save = () => Deno.writeTextFileSync(path, lines.join(""));
      return { path, client: { name: client.name, ask }, save };
    };
    const model = recorded(scriptedRespondent("random", questions));
    const judge = recorded(scriptedJudge(questions));
    const live = await evaluateRespondent(model.client, questions, {
      judge: chatJudge(judge.client),
      progress,
    });
    for (const { save } of [model, judge]) save();
    const repeated = await evaluateRespondent(
      recordedClient(model.path, model.client.name),
      questions,
      {
        judge: chatJudge(recordedClient(judge.path, judge.client.name)),
        progress,
      },
    );
    return [live, repeated];
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("evaluateRespondent() of 1,000 recorded questions gives the bytes of the live run", async () => {
  const [live, repeated] = await recordAndEvaluate(questionsOf(1000));
  assert.equal(canonicalJson(repeated), canonicalJson(live));
});
