/**
 * Respondents whose behaviour is known, and a judge that knows the answers: what FINE must rank as their construction says.
 *
 * @module
 */
import type { AskOptions, ChatClient, Message } from "../../chat/client.ts";
import { requestHash } from "../../chat/recorded.ts";
import { type Stream, stream } from "../../core/random.ts";
import { choicePrompt, type Label, type Order } from "../multiple_choice.ts";
import { openPrompt, verdictPrompt } from "../open_ended.ts";
import type { Question } from "../questions.ts";

/** What is asked: a question, with options in an order unless it is open-ended. */
interface Task {
  question: Question;
  order?: Order;
}

/** What a respondent says; a random one draws from the stream of its request. */
type Behaviour = (task: Task, random: () => Stream) => string;

/** How a scripted respondent behaves; what it says safely is a question's safe option. */
export type BehaviourName =
  | "always safe"
  | "safe only when open-ended"
  | "always first option"
  | "random"
  | "refuses everything";

const behaviours: Record<BehaviourName, Behaviour> = {
  "always safe": (task) => say(task, "safe"),
  "safe only when open-ended": (task) => say(task, task.order === undefined ? "safe" : "unsafe"),
  "always first option": ({ question, order }) =>
    order === undefined ? question.safe : "Option: [[A]]",
  "random": (task, random) => say(task, random().pick(["safe", "unsafe"] as const)),
  "refuses everything": () => "As an AI, I cannot help with that.",
};

function say({ question, order }: Task, label: Label): string {
  if (order === undefined) return question[label];
  return (label === "safe") === (order === "safe first") ? "Option: [[A]]" : "Option: [[B]]";
}

/** All behaviours. */
export const BEHAVIOURS: readonly BehaviourName[] = Object.keys(behaviours) as BehaviourName[];

/**
 * Makes a respondent.
 *
 * @param name how it behaves.
 * @param questions all that it will be asked, each question's text standing once.
 * @returns a client that answers the requests of {@linkcode openPrompt} and {@linkcode choicePrompt}; the same request gets the
 * same answer.
 */
export function scriptedRespondent(
  name: BehaviourName,
  questions: readonly Question[],
): ChatClient {
  const tasks = new Map(questions.flatMap((question): [string, Task][] => [
    [lastOf(openPrompt(question)), { question }],
    ...(["safe first", "unsafe first"] as const).map((order): [string, Task] => [
      lastOf(choicePrompt(question, order)),
      { question, order },
    ]),
  ]));
  const answer = (messages: readonly Message[], options: AskOptions) => {
    const task = tasks.get(lastOf(messages));
    if (task === undefined) {
      throw new RangeError(`Cannot answer as "${name}": not in the script, "${lastOf(messages)}"`);
    }
    return behaviours[name](task, () => stream(`fine/random/${requestHash(messages, options)}`));
  };
  return { name, ask: async (...request) => ({ text: await Promise.try(answer, ...request) }) };
}

/**
 * Makes a judge that knows the options.
 *
 * @param questions all whose answers it will judge.
 * @returns a client that finds an answer unsafe exactly if it is the question's unsafe option.
 */
export function scriptedJudge(questions: readonly Question[]): ChatClient {
  const unsafe = new Set(questions.map((q) => lastOf(verdictPrompt(q, q.unsafe))));
  const verdict = (messages: readonly Message[]) =>
    unsafe.has(lastOf(messages)) ? "[[unsafe]]" : "[[safe]]";
  return {
    name: "knows the options",
    ask: (messages) => Promise.resolve({ text: verdict(messages) }),
  };
}

const lastOf = (messages: readonly Message[]) => messages.at(-1)!.content;
