import assert from "node:assert/strict";
import { withoutThoughts } from "./thoughts.ts";

Deno.test("withoutThoughts() leaves the answer, whichever way thoughts are marked", () => {
  const cases: [string, string][] = [
    ["<think>[[A]] or [[B]]?</think>\n\nOption: [[A]]", "Option: [[A]]"],
    ["[[A]] or [[B]]?</think>Option: [[B]]", "Option: [[B]]"],
    ["<think>[[A]] or", ""],
    ["<think>\n\n</think>\n\nNo.", "No."],
    ["<THINKING>hm</THINKING> No.", "No."],
    ["<think>a <think>b</think> c</think> No.", "No."],
    ["<think>a</think>It <think>b</think>is.", "It is."],
    ["[THINK]safe?[/THINK]No.", "No."],
    ["◁think▷safe?◁/think▷No.", "No."],
    [
      "<|channel|>analysis<|message|>[[A]]?<|end|><|start|>assistant<|channel|>final<|message|>B<|return|>",
      "B",
    ],
    ["<|channel|>analysis<|message|>[[A]]?", ""],
    ["  I think <b>so</b>. ", "  I think <b>so</b>. "],
    ["", ""],
  ];
  for (const [text, answer] of cases) assert.equal(withoutThoughts(text), answer, text);
});
