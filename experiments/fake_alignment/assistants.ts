/**
 * Small assistants that may be aligned in one format and not in the other. The language model of the suite first learns the format
 * of multiple choice from harmless choices (see `lib/fine/lessons.ts`); without that, no model of its size understands the
 * request at all. From there, for equally many steps:
 *
 * 1. `harmless` learns to answer harmless questions.
 * 2. `open-ended` learns safe answers to questions that tempt to harm.
 * 3. `contrast` learns these too, and as often multiple choice between a safe and an unsafe answer.
 *
 * All go on with harmless choices, lest they forget the format: what they do with the options of a question of safety is then no
 * matter of the format. Scenes and questions that tempt are drawn evenly, whatever the number of their rows.
 *
 * @module
 */
import { join } from "node:path";
import { UserError } from "../../lib/core/errors.ts";
import { readText, writeFileAtomic } from "../../lib/core/files.ts";
import { canonicalJson, hashOf } from "../../lib/core/json.ts";
import { startProgress } from "../../lib/core/progress.ts";
import { type Stream, stream } from "../../lib/core/random.ts";
import { openLocalClient } from "../../lib/chat/local.ts";
import { turnsFormat } from "../../lib/chat/prompt_format.ts";
import type { Row } from "../../lib/conversation/row.ts";
import { evaluateRespondent } from "../../lib/fine/evaluate.ts";
import {
  choiceDialogue,
  type Dialogue,
  drawContrast,
  drawHarmless,
  type Exchange,
  exchangesIn,
  exchangesOf,
  lessonOf,
  openDialogue,
} from "../../lib/fine/lessons.ts";
import { judgedByLikelihood, likelierOptions } from "../../lib/fine/likelihood.ts";
import type { Judge } from "../../lib/fine/open_ended.ts";
import type { Question } from "../../lib/fine/questions.ts";
import type { Outcome } from "../../lib/fine/scores.ts";
import { epochsFor, type Lesson, trainAnswers } from "../../lib/training/answers.ts";
import type { TrainedModel, TrainingWorkbench, Workbench } from "../../lib/workbench/workbench.ts";

/** Kinds of lessons. */
type Kind = "harmless choice" | "harmless answer" | "safe answer" | "contrast";

/** The assistants, and the kinds of their lessons, in turn. */
const curricula: Readonly<Record<string, readonly Kind[]>> = {
  "harmless": ["harmless choice", "harmless answer", "harmless answer"],
  "open-ended": ["harmless choice", "safe answer", "safe answer"],
  "contrast": ["harmless choice", "safe answer", "contrast"],
};

/** Settings of the assistants' training. */
export interface AssistantSettings {
  /** Steps of learning the format, once for all. */
  formatSteps: number;
  /** Highest learning rate in them. */
  formatRate: number;
  /** Steps from there to each assistant. */
  tuningSteps: number;
  /** Highest learning rate in them. */
  tuningRate: number;
  /** Most tokens in a step. */
  tokensPerStep: number;
  /** Share of the tokens of a prompt that a step hides. */
  masking: number;
  /** Longest answer in tokens. */
  maxTokens: number;
}

/** What assistants learn from. */
export interface Material {
  /** Of domains without unsafe rows. */
  harmless: Exchange[];
  /** Of domains with unsafe rows, and of questions. */
  tempting: Exchange[];
}

/** Enough to fill a step, so that few lessons come twice. */
const LESSONS_PER_STEP = 12;

/**
 * Chooses what assistants learn from.
 *
 * @param rows of the training split.
 * @param questions with a safe and an unsafe option.
 * @returns exchanges.
 */
export function materialOf(rows: readonly Row[], questions: readonly Question[]): Material {
  const tempting = new Set(rows.filter(({ malign }) => malign === 1).map(({ domain }) => domain));
  return {
    harmless: exchangesOf(rows.filter(({ domain }) => !tempting.has(domain))),
    tempting: [
      ...exchangesOf(rows.filter(({ domain }) => tempting.has(domain))),
      ...questions.flatMap(exchangesIn),
    ],
  };
}

/**
 * Trains the assistants, or finds them trained.
 *
 * @param bench the workbench; its language model is where they begin.
 * @param material what they learn from.
 * @param settings of their training.
 * @returns by name, every assistant under each seed of the workbench; throws a {@linkcode UserError} where there is nothing
 * harmless to learn from.
 */
export async function trainAssistants(
  bench: TrainingWorkbench,
  material: Material,
  { formatSteps, formatRate, tuningSteps, tuningRate, ...settings }: AssistantSettings,
): Promise<Record<string, TrainedModel[]>> {
  requireHarmless(material);
  const tune = (base: TrainedModel, plan: Plan) =>
    tuned(bench, base, material, { ...settings, ...plan });
  const base = await tune(await bench.languageModel(), {
    label: "format of multiple choice",
    kinds: ["harmless choice"],
    steps: formatSteps,
    learningRate: formatRate,
  });
  const assistants: Record<string, TrainedModel[]> = {};
  for (const [name, kinds] of Object.entries(curricula)) {
    assistants[name] = [];
    for (const seed of bench.seeds) {
      const label = `assistant ${name} ${seed}`;
      const plan = { label, kinds, steps: tuningSteps, learningRate: tuningRate };
      assistants[name].push(await tune(base, plan));
    }
  }
  return assistants;
}

/** Half of a choice between harmless answers comes of another scene. */
function requireHarmless({ harmless }: Material): void {
  const scenes = new Set(harmless.map(({ scene }) => scene)).size;
  if (scenes > 1) return;
  throw new UserError(
    `Cannot train assistants: the training split must have safe conversations of two scenes in domains without unsafe ones, got ${scenes}`,
    "Choose another suite, or leave fake_alignment out with --only.",
  );
}

/** What a model is tuned on, and for how long. */
interface Plan {
  /** Names its random streams, the seed included. */
  label: string;
  /** Of the lessons, in turn. */
  kinds: readonly Kind[];
  steps: number;
  /** The highest. */
  learningRate: number;
}

async function tuned(
  bench: TrainingWorkbench,
  base: TrainedModel,
  material: Material,
  { label, kinds, steps, learningRate, tokensPerStep, masking }:
    & Plan
    & Pick<AssistantSettings, "tokensPerStep" | "masking">,
): Promise<TrainedModel> {
  const schedule = { epochs: 1, tokensPerStep, learningRate, warmup: 0.1 };
  const course = { schedule, masking };
  const parts = { kind: label, kinds, base: base.key, material: hashOf(material), steps, course };
  const tokenizer = await bench.tokenizer();
  return bench.trained(base, label, parts, course, (training) => {
    const draw = lessonDrawer(material, stream(`${label}/lessons`));
    const lessons = Array.from(
      { length: LESSONS_PER_STEP * steps },
      (_, i): Lesson => lessonOf(draw(kinds[i % kinds.length]), tokenizer),
    );
    const epochs = epochsFor(steps, lessons, tokensPerStep);
    return trainAnswers(base.model, lessons, { ...training, schedule: { ...schedule, epochs } });
  });
}

function lessonDrawer({ harmless, tempting }: Material, random: Stream): (kind: Kind) => Dialogue {
  const scenes = [...Map.groupBy(tempting, ({ scene }) => scene).values()];
  const safe = scenes.map((scene) => scene.filter(({ malign }) => malign === 0))
    .filter((scene) => scene.length > 0);
  const contrasts = scenes.filter((scene) => new Set(scene.map(({ malign }) => malign)).size === 2);
  const draws: Record<Kind, () => Dialogue> = {
    "harmless choice": () =>
      choiceDialogue(drawHarmless(random.pick(harmless), harmless, random), random),
    "harmless answer": () => openDialogue(random.pick(harmless)),
    "safe answer": () => openDialogue(random.pick(random.pick(safe))),
    "contrast": () => choiceDialogue(drawContrast(random.pick(contrasts), random), random),
  };
  return (kind) => draws[kind]();
}

/** What became of the questions that an assistant was asked. */
export interface Examination {
  /** By FINE's protocol. */
  generated: Outcome[];
  /** With the likelier option in place of the open-ended answer. */
  likelihood: Outcome[];
}

/**
 * Asks an assistant questions in both formats, or finds its outcomes in the cache.
 *
 * @param bench the workbench.
 * @param assistant who is asked.
 * @param questions what it is asked.
 * @param options the judge of its open-ended answers, what the judge depends on, and how long answers may be.
 * @returns the outcomes, in the order of the questions.
 */
export async function examineAssistant(
  bench: Workbench,
  assistant: TrainedModel,
  questions: readonly Question[],
  { judge, judgeParts, maxTokens }: { judge: Judge; judgeParts: unknown; maxTokens: number },
): Promise<Examination> {
  const parts = { model: assistant.key, questions: hashOf(questions), judgeParts, maxTokens };
  const folder = await bench.cache.entry("outcomes", parts, async (folder) => {
    using progress = startProgress("asking an assistant");
    const { model } = assistant;
    const { threads } = bench.options;
    const tokenizer = await bench.tokenizer();
    const format = turnsFormat(tokenizer, tokenizer.bosId);
    await using client = await openLocalClient(model, format, {
      name: "assistant",
      maxTokens,
      session: { threads },
    });
    const { outcomes } = await evaluateRespondent(client, questions, { judge, progress });
    const likelier = await likelierOptions(model, format, questions, { threads, progress });
    const found = {
      generated: outcomes,
      likelihood: judgedByLikelihood(outcomes, likelier),
    };
    writeFileAtomic(join(folder, "outcomes.json"), canonicalJson(found));
  });
  return JSON.parse(readText(join(folder, "outcomes.json")));
}
