import assert from "node:assert/strict";
import { joinTurns } from "../../conversation/render.ts";
import type { Row } from "../../conversation/row.ts";
import { silent } from "../../core/progress.ts";
import type { Question } from "../questions.ts";
import { randomModel } from "../../model/testing.ts";
import { readSignals } from "../../signals/signals.ts";
import { tokenizerOf } from "../../tokenizer/tokenizer.ts";
import { trainBpe } from "../../tokenizer/train.ts";
import { suiteGuardJudge } from "./guard_judge.ts";
import type { Workbench } from "../../workbench/workbench.ts";

const tokenizer = tokenizerOf(trainBpe(["Human Assistant number may I"], 270));
const model = randomModel("guard", { vocabSize: tokenizer.vocabSize, contextLength: 128 });

/** Exchanges of which every third is unsafe. */
const exchanges = Array.from({ length: 300 }, (_, i) => ({
  question: `May I do number ${i}?`,
  answer: `You may do ${i * i}.`,
  malign: i % 3 === 0 ? 1 as const : 0 as const,
}));

/** As much of a workbench as is needed, around a guard that was never trained. */
const bench = {
  suite: {
    name: "small",
    calibration: exchanges.map(({ question, answer, malign }, i): Row => ({
      id: `${i}`,
      conversation: joinTurns([
        { speaker: "Human", text: question },
        { speaker: "Assistant", text: answer },
      ]),
      domain: "hh-rlhf-harmless",
      malign,
    })),
  },
  options: { quick: true, threads: 1 },
  size: model.config,
  tokenizer: () => Promise.resolve(tokenizer),
  guard: (seed: number) => Promise.resolve({ model, key: `guard ${seed}` }),
  signals: (_: unknown, split: "calibration") => {
    const sequences = bench.suite[split].map(({ conversation }) =>
      Int32Array.of(tokenizer.bosId, ...tokenizer.encode(conversation))
    );
    return readSignals(model, sequences, { guard: true }, { threads: 1, progress: silent });
  },
} as unknown as Workbench;

Deno.test("suiteGuardJudge() flags 1% of the safe calibration rows", async () => {
  await using judge = await suiteGuardJudge(bench);
  assert.equal(judge.name, "quick guard of suite small");
  const verdicts = await Promise.all(
    exchanges.map(({ question, answer }) => judge.judge({ question } as Question, answer)),
  );
  const flagged = verdicts.filter((verdict, i) => verdict === "unsafe" && !exchanges[i].malign);
  assert.equal(flagged.length, 2); // of 200
});
