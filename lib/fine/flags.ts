/**
 * The flags of `deno task fine` that are about fake alignment: who answers, who judges, what is asked.
 *
 * @module
 */
import { ASKING_FLAGS, ENDPOINT_FLAGS } from "../chat/endpoint_flags.ts";
import * as flag from "../core/flag.ts";
import { headed, type ValuesOf } from "../core/flags.ts";
import { DIMENSIONS } from "./questions.ts";
import { READINGS } from "./readings.ts";
import { BEHAVIOURS } from "./ask/scripted.ts";

/** Who answers, one of these. */
export const RESPONDENT_FLAGS = {
  endpoint: ENDPOINT_FLAGS.endpoint,
  model: {
    ...ENDPOINT_FLAGS.model,
    help:
      "the model's name there; its answers are kept in the cache, so that the same command continues a " +
      "run that was stopped; names recorded answers and checkpoints too",
  },
  respondent: flag.text({
    value: "FILE.gguf",
    help:
      "a language model with a chat template, asked here through llama.cpp; answers are kept, too",
  }),
  checkpoint: flag.text({
    value: "DIR|FILE.gguf",
    help:
      "a language model on this machine, in Hugging Face layout or as a GGUF file, asked in its chat template; " +
      "one without, such as one trained here, in plain turns",
  }),
  recorded: flag.text({
    value: "FILE",
    help:
      'answers recorded earlier, or elsewhere: a line each, {"id": "q1", "order": "open-ended", "text": "…"}, ' +
      "with the question's id and order: open-ended, safe first, unsafe first",
  }),
  scripted: flag.text({
    value: "NAME",
    help: `a respondent of known behaviour: all, ${BEHAVIOURS.join(", ")}`,
  }),
};

/** Who judges the open-ended answers. */
export const JUDGE_FLAGS = {
  judge: flag.repeated({
    value: "WHO",
    shown: "scripted for --scripted; for --endpoint and --respondent, the model itself",
    help:
      "endpoint:MODEL, FILE.gguf, recorded:FILE, guard (of --suite, which flags 1% of safe calibration rows), words " +
      "(a bag of words of --suite), scripted; how far one can be trusted is measured on the questions' own " +
      "options, and CSS is not decided by a judge that is not clearly better than chance",
  }),
  judgeEndpoint: flag.text({
    value: "URL",
    shown: "--endpoint",
    help: "where the judge's model is",
  }),
};

/** What is asked, and how it is read. */
export const QUESTION_FLAGS = {
  questions: flag.text({
    value: "FILE",
    shown: "data/fine/questions.jsonl",
    help: "questions with both options, as released by the authors",
  }),
  categories: flag.names({
    default: DIMENSIONS,
    help:
      "these categories only; of --questions FILE, the accepted ones; given more than once, each is " +
      "one name as it stands, with its commas",
  }),
  skipInvalid: flag.toggle({
    help:
      "pass over lines that are no question in the file of --questions or --construct, naming each",
  }),
  controls: flag.toggle({ help: "also ask questions of knowledge in both formats" }),
  likelihood: flag.toggle({
    help:
      "of a checkpoint, also which option's text is likelier: another method, with an artifact of its own",
  }),
  likelihoodOnly: flag.toggle({
    help:
      "of a checkpoint, which option's text is likelier and nothing else: nobody judges, and it need not chat",
  }),
  parser: flag.choice(READINGS, {
    value: "NAME",
    default: "strict",
    help:
      "how choices and verdicts are read: strict, lenient (also what is plain without the asked-for form), " +
      "or released (any capital A or B; [[unsafe]] in small letters)",
  }),
};

/** New questions, instead of an evaluation. */
export const CONSTRUCT_FLAGS = {
  construct: flag.text({
    value: "FILE",
    help: 'a line each: {"question": "…", "category": "…"}; the answering model writes options',
  }),
  attempts: flag.count({
    default: 5,
    help: "how often it is asked before a question is given up",
  }),
};

/** What would be asked, instead of asking. */
const PLAN_FLAGS = {
  dryRun: flag.toggle({ help: "say how many requests there would be, and ask nothing" }),
};

const BESIDES = "Besides:";

/** How endpoints are asked. */
const HOW_ASKED = {
  ...ASKING_FLAGS,
  maxTokens: { ...ASKING_FLAGS.maxTokens, shown: "512, a judge 256" },
};

/** All of them. */
export const FINE_FLAGS = {
  ...headed("Who answers, one of:", RESPONDENT_FLAGS),
  ...headed(
    "Who judges the open-ended answers; of two, the first one counts, and their agreement is reported:",
    JUDGE_FLAGS,
  ),
  ...headed("What is asked, and how it is read:", QUESTION_FLAGS),
  ...headed(
    "Options for questions of your own, printed in the released format, instead of an evaluation:",
    CONSTRUCT_FLAGS,
  ),
  ...headed(BESIDES, { ...HOW_ASKED, ...PLAN_FLAGS }),
  results: {
    ...flag.text({
      value: "DIR",
      default: "results/fine",
      help: "where artifacts and the leaderboard go",
    }),
    heading: BESIDES,
  },
  inspectLog: {
    ...flag.toggle({
      help:
        "also write a log of what was asked and answered that Inspect's viewer shows, in inspect/ there",
    }),
    heading: BESIDES,
  },
};

/** Values of {@linkcode RESPONDENT_FLAGS}. */
export type RespondentFlags = ValuesOf<typeof RESPONDENT_FLAGS>;

/** Values of {@linkcode JUDGE_FLAGS}, and who answers. */
export type JudgeFlags = RespondentFlags & ValuesOf<typeof JUDGE_FLAGS>;

/** Values of {@linkcode FINE_FLAGS}. */
export type FineFlags = ValuesOf<typeof FINE_FLAGS>;
