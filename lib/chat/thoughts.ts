/**
 * Thoughts are no answer: what a model says to itself before it answers is taken out of its text, wherever an answer comes in, so
 * that nobody reads a choice or a verdict from it, or judges it.
 *
 * | text                                                  | answer            |
 * | ----------------------------------------------------- | ----------------- |
 * | `<think>[[A]] or [[B]]?</think> Option: [[A]]`        | `Option: [[A]]`   |
 * | `[[A]] or [[B]]?</think> Option: [[A]]` (no opening)  | `Option: [[A]]`   |
 * | `<think>[[A]] or` (cut by the limit)                  | nothing           |
 * | `[THINK]…[/THINK] Yes`, `◁think▷…◁/think▷ Yes`        | `Yes`             |
 * | `<\|channel\|>analysis…<\|channel\|>final<\|message\|>Yes` | `Yes`        |
 * | `Yes`                                                 | `Yes`, as it is   |
 *
 * @module
 */

/** Opening and closing marks of thoughts. */
const MARKS: [open: string, close: string][] = [
  ["<(?:think|thinking|thought|reasoning)>", "</(?:think|thinking|thought|reasoning)>"],
  ["\\[THINK\\]", "\\[/THINK\\]"],
  ["◁think▷", "◁/think▷"],
];

const FINAL_CHANNEL = "<|channel|>final<|message|>";

/**
 * Takes the thoughts out of a text.
 *
 * @param text what a model said.
 * @returns its answer; the text as it stands where there are no thoughts in it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(withoutThoughts("<think>Safe?</think>\n\nNo."), "No.");
 * assert.equal(withoutThoughts("Safe?</think>No."), "No.");
 * ```
 */
export function withoutThoughts(text: string): string {
  let answer = text;
  for (const [open, close] of MARKS) {
    answer = answer.replaceAll(new RegExp(`${open}(?:(?!${open})[\\s\\S])*?${close}`, "gi"), "");
    answer = answer.replace(new RegExp(`^[\\s\\S]*${close}`, "i"), ""); // its opening was in the prompt
    answer = answer.replace(new RegExp(`${open}[\\s\\S]*$`, "i"), ""); // its end was cut off
  }
  if (answer.includes("<|channel|>")) {
    const [, final = ""] = answer.split(FINAL_CHANNEL);
    answer = final.replace(/<\|(?:return|end)\|>[\s\S]*$/, "");
  }
  return answer === text ? text : answer.trimStart();
}
