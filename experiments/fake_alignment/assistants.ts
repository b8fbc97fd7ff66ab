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
 * matter of the format. Scenes and questions that tempt are drawn evenly, whatever the number of their rows. A pretrained model
 * (`experiments/repair.ts`) needs no such preparation, and is tuned from where it stands.
 *
 * @module
 */
import { hashOf } from "../../lib/core/json.ts";
import { type Stream, stream } from "../../lib/core/random.ts";
import type { PromptFormat } from "../../lib/chat/prompt_format.ts";
import type { Row } from "../../lib/conversation/row.ts";
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
import type { Question } from "../../lib/fine/questions.ts";
import { epochsFor, type Lesson, trainAnswers } from "../../lib/training/answers.ts";
import type { LoraOptions } from "../../lib/model/lora.ts";
import type { DecoderConfig } from "../../lib/model/config.ts";
import { stepsCost } from "../../lib/workbench/planned/costs.ts";
import type { Cost } from "../../lib/workbench/planned/work.ts";
import type { TrainedModel, TrainingWorkbench, Workbench } from "../../lib/workbench/workbench.ts";

/** Kinds of lessons. */
type Kind = "harmless choice" | "harmless answer" | "safe answer" | "contrast";

/** The assistants, and the kinds of their lessons, in turn. */
const curricula = {
  "harmless": ["harmless choice", "harmless answer", "harmless answer"],
  "open-ended": ["harmless choice", "safe answer", "safe answer"],
  "contrast": ["harmless choice", "safe answer", "contrast"],
} satisfies Record<string, readonly Kind[]>;

/** An assistant's name. */
export type AssistantName = keyof typeof curricula;

/** All of them. */
export const ASSISTANTS = Object.keys(curricula) as AssistantName[];

/** How lessons are learnt. */
export interface LearningSettings {
  /** Most tokens in a step. */
  tokensPerStep: number;
  /** Share of the tokens of a prompt that a step hides. */
  masking: number;
  /** What of a pretrained model is adapted. Default: as the workbench has it. */
  lora?: LoraOptions;
}

/** Settings of the assistants' training. */
export interface AssistantSettings extends LearningSettings {
  /** Steps to each assistant. */
  tuningSteps: number;
  /** Highest learning rate in them. */
  tuningRate: number;
}

/** Settings of learning the format. */
export interface FormatSettings extends LearningSettings {
  /** Steps, once for all assistants. */
  formatSteps: number;
  /** Highest learning rate in them. */
  formatRate: number;
}

/** What assistants learn from. */
export interface Material {
  /** Of domains without unsafe rows. */
  harmless: Exchange[];
  /** Of domains with unsafe rows, and of questions. */
  tempting: Exchange[];
}

/** What is learnt, and how the model that learns it is asked. */
export interface Lessons {
  /** What lessons are drawn from. */
  material: Material;
  /** How they are written. */
  format: PromptFormat;
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
 * Has a model learn the format of multiple choice, or finds that it has.
 *
 * @param bench the workbench; its language model is where it begins.
 * @param lessons what it learns from, and how it is asked.
 * @param settings of its training.
 * @returns the model.
 */
export async function learnFormat(
  bench: TrainingWorkbench,
  lessons: Lessons,
  { formatSteps, formatRate, ...settings }: FormatSettings,
): Promise<TrainedModel> {
  return await tuned(bench, await bench.languageModel(), lessons, {
    ...settings,
    label: "format of multiple choice",
    kinds: ["harmless choice"],
    steps: formatSteps,
    learningRate: formatRate,
  });
}

/**
 * Trains assistants, or finds them trained.
 *
 * @param bench the workbench.
 * @param base where they begin.
 * @param names which of them.
 * @param lessons what they learn from, and how they are asked.
 * @param settings of their training.
 * @returns by name, every assistant under each seed of the workbench.
 */
export async function trainAssistants(
  bench: TrainingWorkbench,
  base: TrainedModel,
  names: readonly AssistantName[],
  lessons: Lessons,
  { tuningSteps, tuningRate, ...settings }: AssistantSettings,
): Promise<Record<string, TrainedModel[]>> {
  const assistants: Record<string, TrainedModel[]> = {};
  for (const name of names) {
    assistants[name] = [];
    for (const seed of bench.seeds) {
      const label = `assistant ${name} ${seed}`;
      const plan = { label, kinds: curricula[name], steps: tuningSteps, learningRate: tuningRate };
      assistants[name].push(await tuned(bench, base, lessons, { ...settings, ...plan }));
    }
  }
  return assistants;
}

/**
 * What it takes to train assistants, which write their answers besides.
 *
 * @param bench the workbench.
 * @param config of their decoder.
 * @param names which of them.
 * @param settings of their training; `formatSteps` where they learn the format before.
 * @returns all of them under every seed.
 */
export function assistantsCost(
  { seeds }: Workbench,
  config: DecoderConfig,
  names: readonly AssistantName[],
  { formatSteps = 0, tuningSteps, tokensPerStep, lora }:
    & Pick<AssistantSettings, "tuningSteps" | "tokensPerStep" | "lora">
    & Partial<FormatSettings>,
): Cost {
  const steps = formatSteps + names.length * seeds.length * tuningSteps;
  return stepsCost({ config, head: "language-model", steps, tokensPerStep, lora });
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
  { material, format }: Lessons,
  { label, kinds, steps, learningRate, tokensPerStep, masking, lora }: Plan & LearningSettings,
): Promise<TrainedModel> {
  const schedule = { epochs: 1, tokensPerStep, learningRate, warmup: 0.1 };
  const course = { schedule, masking, ...lora && { lora } };
  const parts = { kind: label, kinds, base: base.key, material: hashOf(material), steps, course };
  return await bench.trained(base, label, parts, course, (training) => {
    const draw = lessonDrawer(material, stream(`${label}/lessons`));
    const lessons = Array.from(
      { length: LESSONS_PER_STEP * steps },
      (_, i): Lesson => lessonOf(draw(kinds[i % kinds.length]), format),
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
