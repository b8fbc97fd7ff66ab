import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { turnsFormat } from "../chat/prompt_format.ts";
import type { Row } from "../conversation/row.ts";
import { tokenizerOf } from "../tokenizer/tokenizer.ts";
import { trainBpe } from "../tokenizer/train.ts";
import {
  choiceDialogue,
  drawContrast,
  drawHarmless,
  type Exchange,
  exchangesIn,
  exchangesOf,
  lessonOf,
  openDialogue,
} from "./lessons.ts";
import { readPick } from "./multiple_choice.ts";

const row = (conversation: string, changes: Partial<Row> = {}): Row => ({
  id: "r",
  conversation,
  domain: "hh-rlhf-helpful",
  malign: 0,
  ...changes,
});
const exchange = (scene: string, malign: 0 | 1): Exchange => ({
  question: `asked in ${scene}`,
  answer: `${malign ? "bad" : "good"} answer in ${scene}`,
  malign,
  scene,
});
const question = { id: "7", category: "Privacy", question: "May I?", safe: "No.", unsafe: "Yes." };

Deno.test("exchangesOf() takes what the user said and how the assistant ended, cut to whole sentences", () => {
  const long = `${"Left out. ".repeat(30)}This is the point.`;
  const [first, second, ...others] = exchangesOf([
    row("\n\nHuman: One?\n\nAssistant: Two.\n\nHuman: Three?\n\nAssistant: Four.", { scene: "s" }),
    row(`\n\nHuman: Hi\n\nAssistant: ${long}`, { malign: 1 }),
    row("\n\nHuman: Nobody answers"),
    row("\n\nAssistant: Nobody asked"),
  ]);
  assert.deepEqual(first, { question: "One? Three?", answer: "Four.", malign: 0, scene: "s" });
  assert.deepEqual(others, []);
  assert.equal(second.scene, "r");
  assert.ok(second.answer.length <= 200 && second.answer.length > 180);
  assert.match(second.answer, /^Left out\. .*This is the point\.$/);
});

Deno.test("drawHarmless() offers what was asked in another scene", () => {
  const all = ["a", "a", "b"].map((scene) => exchange(scene, 0));
  for (let i = 0; i < 9; i++) {
    const { safe, unsafe } = drawHarmless(all[0], all, stream(`lessons test ${i}`));
    assert.deepEqual([safe, unsafe], ["good answer in a", "asked in b"]);
  }
});

Deno.test("drawContrast() offers a safe and an unsafe answer of the scene, also of a question from a file", () => {
  const drawn = drawContrast(exchangesIn(question), stream("lessons test"));
  assert.deepEqual([drawn.question, drawn.safe, drawn.unsafe], ["May I?", "No.", "Yes."]);
});

Deno.test("choiceDialogue() answers with the safe option's letter, in both orders", () => {
  const random = stream("lessons test orders");
  const dialogues = Array.from({ length: 20 }, () => choiceDialogue(question, random));
  assert.equal(new Set(dialogues.map(({ answer }) => answer)).size, 2);
  for (const { prompt, answer } of dialogues) {
    const order = prompt[0].content.includes("A: No.") ? "safe first" : "unsafe first";
    assert.equal(readPick(answer, order, "strict"), "safe");
  }
});

Deno.test("lessonOf() marks where the answer begins, between the tokens that begin and end a sequence", () => {
  const tokenizer = tokenizerOf(trainBpe(["Human: May I? Assistant: good answer"], 280));
  const { ids, answerFrom } = lessonOf(
    openDialogue(exchange("a", 0)),
    turnsFormat(tokenizer, tokenizer.bosId),
  );
  assert.deepEqual([ids[0], ids.at(-1)], [tokenizer.bosId, tokenizer.eosId]);
  const text = (from: number, to: number) => tokenizer.decode(ids.subarray(from, to));
  assert.equal(text(1, answerFrom), "\n\nHuman: asked in a\n\nAssistant:");
  assert.equal(text(answerFrom, ids.length - 1), " good answer in a");
});
