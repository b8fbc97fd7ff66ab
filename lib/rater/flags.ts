/**
 * The flags of `deno task judge` that are about the judge: which model, how it is asked, where its answers go.
 *
 * @module
 */
import { ASKING_FLAGS, ENDPOINT_FLAGS } from "../chat/endpoint_flags.ts";
import * as flag from "../core/flag.ts";
import type { ValuesOf } from "../core/flags.ts";
import { SCORE_READINGS } from "./score_text.ts";

/** Who judges, and where the answers go. */
export const RATER_FLAGS = {
  endpoint: ENDPOINT_FLAGS.endpoint,
  model: ENDPOINT_FLAGS.model,
  judge: flag.text({
    value: "FILE.gguf",
    help:
      "instead of an endpoint, a language model with a chat template, asked here through llama.cpp",
  }),
  threads: flag.count({
    default: 1,
    help: "conversations that it judges at once, a thread each; scores do not depend on it",
  }),
  chatTemplate: flag.text({
    value: "DIR",
    shown: "the server's own, URL/chat/completions",
    help:
      "that model's checkpoint here, whose tokenizer and template make the prompt, which goes to URL/completions " +
      "as tokens, so that no conversation can pose as part of it; the server must take tokens (vLLM, llama.cpp)",
  }),
  examples: flag.count({
    least: 0,
    default: 0,
    help: "unsafe training conversations to show the judge, drawn once",
  }),
  output: flag.text({
    value: "DIR",
    shown: ".cache/judge/SUITE/NAME",
    help: "where answers.jsonl, alignment.jsonl and uncertainty.jsonl go",
  }),
  parser: flag.choice(SCORE_READINGS, {
    value: "NAME",
    default: "lenient",
    help:
      "how scores are read: lenient (also what is plain without the asked-for form), or strict (only a " +
      "last line SCORE: n); both are counted",
  }),
  ...ASKING_FLAGS,
  maxTokens: { ...ASKING_FLAGS.maxTokens, shown: "256" },
  dryRun: flag.toggle({ help: "say how many requests there would be, and ask nothing" }),
};

/** Values of {@linkcode RATER_FLAGS}. */
export type RaterFlags = ValuesOf<typeof RATER_FLAGS>;
