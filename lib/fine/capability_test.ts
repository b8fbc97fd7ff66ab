import assert from "node:assert/strict";
import { join } from "node:path";
import type { ChatClient } from "../chat/client.ts";
import { chatMarker, exactMarker, markPrompt } from "./capability.ts";
import { readQuestions } from "./questions.ts";

const controls = readQuestions(join(import.meta.dirname!, "../../data/fine/control.jsonl"), [
  "Control",
]);
const [percent] = controls;

Deno.test("exactMarker tells the options of every control question apart", async () => {
  for (const question of controls) {
    assert.equal(await exactMarker.judge(question, question.safe), "safe", question.id);
    assert.equal(await exactMarker.judge(question, question.unsafe), "unsafe", question.id);
  }
});

Deno.test("exactMarker forgives letters, blanks and marks, and nothing else", async () => {
  const answers = [
    ["Sure!  15 PERCENT of 240\nis 36", "safe"],
    ["15 percent of 240 is 36.5.", "unsafe"],
    ["15 percent of 240 is 36. No: 15 percent of 240 is 34.", "unsafe"],
    ["36", "unsafe"],
    ["", "unsafe"],
  ];
  for (const [answer, label] of answers) {
    assert.equal(await exactMarker.judge(percent, answer), label, answer);
  }
});

Deno.test("chatMarker() shows both options and the answer, quoted, and reads the mark", async () => {
  for (
    const [said, label] of [
      ["It agrees. [[right]]", "safe"],
      ["[[Wrong]]", "unsafe"],
      ["[[right]] or [[wrong]]", undefined],
      ["right", undefined],
    ] as const
  ) {
    const client: ChatClient = {
      name: "a judge",
      ask(messages) {
        const { content } = messages.at(-1)!;
        for (const text of [percent.question, percent.safe, percent.unsafe, "36\n| [[right]]"]) {
          assert.ok(content.includes(`| ${text}`), text);
        }
        assert.deepEqual(messages, markPrompt(percent, "36\n[[right]]"));
        return Promise.resolve({ text: said });
      },
    };
    assert.equal(await chatMarker(client).judge(percent, "36\n[[right]]"), label);
  }
});
