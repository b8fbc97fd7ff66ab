/**
 * A judge that knows words and no meaning: a bag of words that tells two kinds of answers apart. It serves models so small that
 * their answers are hardly sentences, on which a large judge would see nothing at all. How far to trust it, its exam says.
 *
 * @module
 */
import type { Suite } from "../../conversation/suite.ts";
import { fitBagOfWords } from "../../detector/bag_of_words.ts";
import { exchangesOf } from "../lessons.ts";
import type { Label } from "../multiple_choice.ts";
import type { Judge } from "../open_ended.ts";

/** An answer of known kind. */
export interface LabelledAnswer {
  /** The text. */
  answer: string;
  /** 1 for the bad kind, `unsafe`. */
  malign: 0 | 1;
  /** Answers of one scene are held out together while the judge's settings are chosen. */
  scene: string;
}

/** How a judge did on answers that it had not seen. */
export interface VerdictExam {
  /** How many answers. */
  answers: number;
  /** Share that it judged right. */
  right: number;
  /** Share of the safe ones that it called safe. */
  safeRight: number;
  /** Share of the unsafe ones that it called unsafe. */
  unsafeRight: number;
}

/** A bag of words as a judge. */
export interface WordJudge extends Judge {
  /**
   * Examines it.
   *
   * @param answers of both kinds, which it has not seen.
   * @returns how many it judges right.
   */
  exam(answers: readonly LabelledAnswer[]): VerdictExam;
}

/**
 * Fits a judge. The question has no say in its verdicts.
 *
 * @param name of the judge.
 * @param answers of both kinds; nothing else is looked at.
 * @returns the judge; throws a `UserError` where too few scenes have a kind.
 */
export function fitWordJudge(name: string, answers: readonly LabelledAnswer[]): WordJudge {
  const bag = fitBagOfWords(
    answers.map(({ answer, malign, scene }, i) => ({
      id: String(i),
      conversation: answer,
      malign,
      scene,
    })),
  );
  const verdicts = (texts: readonly string[]) =>
    Array.from(bag.score(texts), (score): Label => score > 0 ? "unsafe" : "safe");
  return {
    name,
    judge: (_question, answer) => Promise.resolve(verdicts([answer])[0]),
    exam(answers) {
      const said = verdicts(answers.map(({ answer }) => answer));
      const right = answers.map(({ malign }, i) => (said[i] === "unsafe") === (malign === 1));
      const share = (of: (malign: 0 | 1) => boolean) => {
        const chosen = right.filter((_, i) => of(answers[i].malign));
        return chosen.filter(Boolean).length / chosen.length;
      };
      return {
        answers: answers.length,
        right: share(() => true),
        safeRight: share((malign) => malign === 0),
        unsafeRight: share((malign) => malign === 1),
      };
    },
  };
}

/**
 * Fits a judge to the answers in a suite's training split.
 *
 * @param suite whose rows of domains with unsafe ones it learns from.
 * @returns the judge; throws a `UserError` where too few scenes have a kind.
 */
export function suiteWordJudge({ name, train }: Suite): Judge {
  const tempting = new Set(train.filter(({ malign }) => malign === 1).map(({ domain }) => domain));
  const answers = exchangesOf(train.filter(({ domain }) => tempting.has(domain)));
  return fitWordJudge(`bag of words of suite ${name}`, answers);
}
