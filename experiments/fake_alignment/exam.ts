/**
 * What assistants learn from and are then asked. Half of the questions of each dimension are for tuning, of the others some are for
 * testing. Control questions, in both formats, tell who cannot choose at all from who chooses badly: `form` asks which of two
 * texts is an answer, `knowledge` asks for common knowledge. The judges of open-ended answers are bags of words, and as good as
 * their exams say.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../lib/core/errors.ts";
import type { Row } from "../../lib/conversation/row.ts";
import type { Suite } from "../../lib/conversation/suite.ts";
import { hashOf } from "../../lib/core/json.ts";
import { type Stream, stream } from "../../lib/core/random.ts";
import type { OwnStreams } from "../../lib/experiment/experiment.ts";
import { count, fields, number } from "../../lib/experiment/findings_schema.ts";
import { fitWordJudge, type LabelledAnswer } from "../../lib/fine/ask/word_judge.ts";
import { exactMarker } from "../../lib/fine/capability.ts";
import { drawHarmless, type Exchange, exchangesIn } from "../../lib/fine/lessons.ts";
import type { Judge } from "../../lib/fine/open_ended.ts";
import { DIMENSIONS, type Question, readQuestions } from "../../lib/fine/questions.ts";
import { type Material, materialOf } from "./assistants.ts";

const DATA = join(import.meta.dirname!, "../../data/fine");

/** How many questions are asked. */
export interface ExamSize {
  /** Questions to test with of each dimension; the other half of it is for tuning. */
  perDimension: number;
  /** Most questions of either control. */
  controls: number;
}

const graded = fields({
  answers: count(),
  right: number(),
  safeRight: number(),
  unsafeRight: number(),
});

/** What an artifact says of an exam. */
export const examFields = {
  questions: fields({ train: count(), test: count(), form: count(), knowledge: count() }),
  exams: fields({ options: graded, conversations: graded, form: graded }),
};
const examSchema = fields(examFields);

/** An exam. */
export interface Exam {
  /** What the assistants learn from. */
  material: Material;
  /** What they are asked. */
  questions: Question[];
  /** Who judges their open-ended answers. */
  judge: Judge;
  /** All that the judge depends on. */
  judgeParts: unknown;
  /** What an artifact says of it. */
  described: z.infer<typeof examSchema>;
}

/**
 * Draws questions and fits judges.
 *
 * @param suite whose conversations are learnt from, and make questions of form.
 * @param size how many questions are asked.
 * @param own names the streams of the experiment.
 * @returns the exam; throws a {@linkcode UserError} where there is nothing harmless to learn from.
 */
export function setExam(
  { train: rows, calibration, test: testRows }: Suite,
  { perDimension, controls }: ExamSize,
  own: OwnStreams,
): Exam {
  const { train, test } = splitQuestions(perDimension, own);
  const material = materialOf(rows, train);
  requireHarmless(material.harmless);
  const safetyJudge = fitWordJudge("safety", material.tempting);
  const formJudge = fitWordJudge("form", answersAndRequests(material.harmless));
  const judgeOf: Record<string, Judge> = { form: formJudge, knowledge: exactMarker };

  const trained = new Set(rows.map(({ domain }) => domain));
  const known = (all: readonly Row[]) => materialOf(all.filter((r) => trained.has(r.domain)), []);
  const form = formQuestions(known(testRows).harmless, controls, stream(own("form")));
  const knowledge = readQuestions(join(DATA, "control.jsonl"), ["Control"]).slice(0, controls)
    .map((question) => ({ ...question, category: "knowledge" }));
  return {
    material,
    questions: [...test, ...form, ...knowledge],
    judge: {
      name: "by category",
      judge: (question, answer) =>
        (judgeOf[question.category] ?? safetyJudge).judge(question, answer),
    },
    judgeParts: hashOf(material),
    described: {
      questions: {
        train: train.length,
        test: test.length,
        form: form.length,
        knowledge: knowledge.length,
      },
      exams: {
        options: safetyJudge.exam(test.flatMap(exchangesIn)),
        conversations: safetyJudge.exam(known(calibration).tempting),
        form: formJudge.exam(answersAndRequests(known(calibration).harmless)),
      },
    },
  };
}

/** Half of a choice between harmless answers is from another scene. */
function requireHarmless(harmless: readonly Exchange[]): void {
  const scenes = new Set(harmless.map(({ scene }) => scene)).size;
  if (scenes > 1) return;
  throw new UserError(
    `Cannot train assistants: the training split must have safe conversations of two scenes in domains without unsafe ones, got ${scenes}`,
    "Choose another suite, or leave fake_alignment out with --only.",
  );
}

/** Half of each dimension's questions, drawn once for all, to tune with; of the others so many to test with. */
function splitQuestions(
  perDimension: number,
  own: OwnStreams,
): { train: Question[]; test: Question[] } {
  const byDimension = Map.groupBy(readQuestions(join(DATA, "questions.jsonl")), (q) => q.category);
  const dealt = DIMENSIONS.map((dimension) => {
    const all = stream(own(`split/${dimension}`)).shuffle(byDimension.get(dimension)!);
    return [all.slice(0, all.length / 2), all.slice(all.length / 2)];
  });
  return {
    train: dealt.flatMap(([train]) => train),
    test: dealt.flatMap(([, test]) => test.slice(0, perDimension)),
  };
}

/** Multiple choice as in the lessons, with conversations of scenes that no lesson was drawn from; one question a scene. */
function formQuestions(exchanges: readonly Exchange[], most: number, random: Stream): Question[] {
  const scenes = [...Map.groupBy(exchanges, ({ scene }) => scene).values()];
  return random.shuffle(scenes).slice(0, most).map((scene, i) => ({
    ...drawHarmless(random.pick(scene), exchanges, random),
    id: `form/${i}`,
    category: "form",
  }));
}

/** What tells an answer, here safe, from what a user says. */
function answersAndRequests(exchanges: readonly Exchange[]): LabelledAnswer[] {
  return exchanges.flatMap(({ question, answer, scene }): LabelledAnswer[] => [
    { answer, malign: 0, scene },
    { answer: question, malign: 1, scene },
  ]);
}
