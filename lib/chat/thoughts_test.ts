import assert from "node:assert/strict";
import { splitThoughts } from "./thoughts.ts";

Deno.test("splitThoughts() tells thoughts from the answer, whichever way they are marked", () => {
  const cases: [text: string, answer: string, thoughts?: string][] = [
    ["<think>[[A]] or [[B]]?</think>\n\nOption: [[A]]", "Option: [[A]]", "[[A]] or [[B]]?"],
    ["[[A]] or [[B]]?</think>Option: [[B]]", "Option: [[B]]", "[[A]] or [[B]]?"],
    ["<think>[[A]] or", "", "[[A]] or"],
    ["<think>\n\n</think>\n\nNo.", "No."],
    ["<THINKING>hm</THINKING> No.", "No.", "hm"],
    ["<think>a <think>b</think> c</think> No.", "No.", "b\n\na  c"],
    ["<think>a</think>It <think>b</think>is.", "It is.", "a\n\nb"],
    ["[THINK]safe?[/THINK]No.", "No.", "safe?"],
    ["◁think▷safe?◁/think▷No.", "No.", "safe?"],
    [
      "<|channel|>analysis<|message|>[[A]]?<|end|><|start|>assistant<|channel|>final<|message|>B<|return|>",
      "B",
      "[[A]]?",
    ],
    ["<|channel|>analysis<|message|>[[A]]?", "", "[[A]]?"],
    ["  I think <b>so</b>. ", "  I think <b>so</b>. "],
    ["", ""],
  ];
  for (const [text, answer, thoughts] of cases) {
    assert.deepEqual(splitThoughts(text), { text: answer, thoughts }, text);
  }
});
