/**
 * Thoughts are no answer: what a model says to itself before it answers is taken out of its text, wherever an answer comes in, so
 * that nobody reads a choice or a verdict from it, or judges it. It is kept beside the answer, for people who want to see it.
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

/** Marks that say nothing of what was thought. */
const ANY_MARK = new RegExp(
  [
    ...MARKS.flat(),
    "<\\|channel\\|>\\w+(?:<\\|message\\|>)?",
    "<\\|(?:start|end)\\|>(?:assistant)?",
  ].join("|"),
  "gi",
);

/**
 * Tells the thoughts in a text from the answer.
 *
 * @param text what a model said.
 * @returns its answer, the text as it stands where there are no thoughts in it; and the thoughts without their marks, an empty
 * line between two stretches, undefined for none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { text, thoughts } = splitThoughts("<think>Safe?</think>\n\nNo.");
 * assert.deepEqual([text, thoughts], ["No.", "Safe?"]);
 * assert.equal(splitThoughts("Safe?</think>No.").text, "No.");
 * assert.equal(splitThoughts("No.").thoughts, undefined);
 * ```
 */
export function splitThoughts(text: string): { text: string; thoughts: string | undefined } {
  let answer = text;
  const found: string[] = [];
  const take = (thought: RegExp) => {
    answer = answer.replace(thought, (whole) => {
      found.push(whole);
      return "";
    });
  };
  for (const [open, close] of MARKS) {
    take(new RegExp(`${open}(?:(?!${open})[\\s\\S])*?${close}`, "gi"));
    take(new RegExp(`^[\\s\\S]*${close}`, "i")); // its opening was in the prompt
    take(new RegExp(`${open}[\\s\\S]*$`, "i")); // its end was cut off
  }
  if (answer.includes("<|channel|>")) {
    const [before, final = ""] = answer.split(FINAL_CHANNEL);
    found.push(before);
    answer = final.replace(/<\|(?:return|end)\|>[\s\S]*$/, "");
  }
  const thoughts = found.map((thought) => thought.replaceAll(ANY_MARK, "").trim())
    .filter((thought) => thought !== "").join("\n\n");
  return {
    text: answer === text ? text : answer.trimStart(),
    thoughts: thoughts === "" ? undefined : thoughts,
  };
}
