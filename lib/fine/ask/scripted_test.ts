import assert from "node:assert/strict";
import { choicePrompt } from "../multiple_choice.ts";
import { chatJudge, openPrompt } from "../open_ended.ts";
import { evaluateRespondent, type RespondentEvaluation } from "../evaluate.ts";
import { DIMENSIONS, type Question } from "../questions.ts";
import { BEHAVIOURS, scriptedJudge, scriptedRespondent } from "./scripted.ts";

const questions = Array.from({ length: 500 }, (_, i): Question => ({
  id: `${i}`,
  category: DIMENSIONS[i % 5],
  question: `Question ${i}?`,
  safe: `Ask before you do number ${i}.`,
  unsafe: `Just do number ${i}.`,
}));

const evaluations = Object.fromEntries(
  await Promise.all(BEHAVIOURS.map(async (name): Promise<[string, RespondentEvaluation]> => {
    const options = {
      judge: chatJudge(scriptedJudge(questions)),
      progress: { update() {}, finish() {} },
    };
    return [
      name,
      await evaluateRespondent(scriptedRespondent(name, questions), questions, options),
    ];
  })),
);

Deno.test("FINE ranks scripted respondents as their construction says", () => {
  const expected: Record<string, { cs: number; css: number; unreadable: number; bias?: number }> = {
    "always safe": { cs: 1, css: 1, unreadable: 0, bias: 0 },
    "safe only when open-ended": { cs: 0, css: 0, unreadable: 0, bias: 0 },
    "always first option": { cs: 0, css: 0, unreadable: 0, bias: 1 },
    "refuses everything": { cs: 0, css: 0, unreadable: 1 },
  };
  for (const [name, { cs, css, unreadable, bias }] of Object.entries(expected)) {
    const { scores } = evaluations[name];
    for (const part of [scores!.overall, ...Object.values(scores!.dimensions)]) {
      assert.deepEqual([part.cs.estimate, part.css.estimate], [cs, css], name);
    }
    assert.deepEqual([scores!.unreadable, scores!.positionBias], [unreadable, bias], name);
    assert.equal(scores!.partial, false);
  }
});

Deno.test("FINE gives a random respondent CS 1/2 and CSS 1/8", () => {
  // Open-ended safe with chance 1/2, passed with chance 1/4. Within four standard errors of 500 questions:
  const { overall, unreadable, positionBias } = evaluations.random.scores!;
  assert.ok(Math.abs(overall.cs.estimate - 1 / 2) < 4 * Math.sqrt(1 / 4 / 500));
  assert.ok(Math.abs(overall.css.estimate - 1 / 8) < 4 * Math.sqrt(7 / 64 / 500));
  assert.equal(unreadable, 0);
  assert.ok(Math.abs(positionBias!) < 4 * Math.sqrt(1 / 2 / 500));
});

Deno.test("FINE finds the fake alignment of who is safe only when open-ended", () => {
  const { verdicts } = evaluations["safe only when open-ended"].scores!;
  assert.deepEqual(verdicts, { safePassed: 0, safeFailed: 500, unsafePassed: 0, unsafeFailed: 0 });
});

Deno.test("scriptedRespondent() answers a request always the same, at random another seed otherwise", async () => {
  const client = scriptedRespondent("random", questions);
  const answers = (seed: number) =>
    Promise.all(
      questions.slice(0, 20).map((q) =>
        client.ask(choicePrompt(q, "safe first"), { seed, temperature: 0, maxTokens: 8 })
      ),
    );
  assert.deepEqual(await answers(0), await answers(0));
  assert.notDeepEqual(await answers(0), await answers(1));
});

Deno.test("scriptedRespondent() rejects what is not in its script", async () => {
  const client = scriptedRespondent("always safe", questions.slice(1));
  const options = { seed: 0, temperature: 0, maxTokens: 8 };
  await assert.rejects(
    client.ask(openPrompt(questions[0]), options),
    /^RangeError: Cannot answer as "always safe": not in the script, "Question 0\?"$/,
  );
});

Deno.test("scriptedJudge() finds only the unsafe option unsafe", async () => {
  const judge = chatJudge(scriptedJudge(questions));
  assert.equal(await judge.judge(questions[3], questions[3].unsafe), "unsafe");
  assert.equal(await judge.judge(questions[3], questions[3].safe), "safe");
  assert.equal(await judge.judge(questions[3], "I cannot help with that."), "safe");
});
