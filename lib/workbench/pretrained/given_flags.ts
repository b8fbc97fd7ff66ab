/**
 * The flags that name models from outside, and what they stand for.
 *
 * @module
 */
import { UsageError } from "../../core/errors.ts";
import * as flag from "../../core/flag.ts";
import { goingWith, pick, type ValuesOf } from "../../core/flags.ts";
import { DEVICES, PRECISIONS } from "../../runtime/device_names.ts";
import { MONITOR_KINDS } from "./tuned_recipe.ts";
import type { GivenOptions } from "./given_options.ts";

const LARGEST_BUDGET = 1_000_000;

/** Flags that go with `--model`. */
const GIVEN_FLAGS = goingWith(
  "model",
  "Name a language model from outside, such as --model google/gemma-2-2b.",
  {
    guard: flag.text({
      value: "NAME|FOLDER",
      shown: "a head, fitted to the training split",
      help: "a sequence classifier that tells safe from unsafe, in either order",
    }),
    guardAdapter: flag.text({
      value: "NAME|FOLDER",
      help: "LoRA adapter of the guard, else of the model, with a score head",
    }),
    unsafeLabel: flag.text({
      value: "NAME",
      shown: "by its name",
      help:
        "the guard's label that means unsafe, where names (safe, unsafe, harmful, …) do not tell",
    }),
    lmAdapter: flag.text({
      value: "NAME|FOLDER",
      help: "LoRA adapter of the language model",
    }),
    monitors: flag.choice(["auto", ...MONITOR_KINDS] as const, {
      usual: "head",
      help: "what guards are made of the model where none is given: a head on its frozen states, " +
        "low-rank updates of its last blocks (LoRA) with a head, or (auto) what does best on the " +
        "calibration split",
    }),
    layer: flag.count({
      shown: "the best on the calibration split",
      help: "the layer that these stand on",
    }),
    models: flag.list({
      value: "NAME|FOLDER|FILE.gguf,…",
      shown: "the model's lowest sixth and third of blocks",
      help: "for the experiment scaling: models of other sizes to compare with",
    }),
    device: flag.choice(DEVICES, { usual: "cpu", help: "what calculates" }),
    dtype: flag.choice(PRECISIONS, { usual: "float32", help: "in which element type" }),
    tokenBudget: flag.count({
      most: LARGEST_BUDGET,
      usual: 4096,
      help: "most tokens in a batch; results do not change",
    }),
  },
);

/** `--model`, and what goes with it. */
export const PRETRAINED_FLAGS = {
  model: flag.text({
    value: "NAME|FOLDER|FILE.gguf",
    help:
      "instead of training from nothing: a language model in Hugging Face layout (llama, qwen2, gemma2, " +
      "gemma3), from the hub (NAME or NAME@REVISION) or a folder, or a GGUF file (FILE.gguf, " +
      "NAME:FILE.gguf or NAME:FILE.gguf@REVISION). What is indented goes with it:",
  }),
  ...GIVEN_FLAGS,
};

/** Values of {@linkcode PRETRAINED_FLAGS}. */
export type PretrainedFlags = ValuesOf<typeof PRETRAINED_FLAGS>;

/**
 * Which models from outside the flags name.
 *
 * @param flags those of a task that takes them, and its others that matter for them.
 * @returns the models, or undefined where none is named; throws a {@linkcode UsageError} where flags do not go together.
 */
export function givenOf(
  flags: PretrainedFlags & { quick: boolean; seeds?: number },
): GivenOptions | undefined {
  const { model, layer, monitors } = flags;
  if (model === undefined) return undefined;
  if (flags.quick) {
    throw new UsageError(
      "Cannot use --quick with --model: its sizes are for models that are trained from nothing",
      "Leave it out; with fewer rows a run is short, too.",
    );
  }
  if (flags.unsafeLabel !== undefined && !givesGuard(flags)) {
    throw new UsageError(
      "Cannot use --unsafe-label without a guard: it is one of a guard's labels",
      "Give the guard with --guard or --guard-adapter, or leave it out.",
    );
  }
  const own = { seeds: flags.seeds, layer, monitors, models: flags.models };
  const stray = Object.entries(own).find(([, value]) => value !== undefined)?.[0];
  if (givesGuard(flags) && stray !== undefined) {
    throw new UsageError(
      `Cannot use --${stray} with a guard: it is for guards that are made of the model`,
      "Leave one out.",
    );
  }
  const { device, dtype } = GIVEN_FLAGS;
  return {
    model,
    device: device.usual!,
    dtype: dtype.usual!,
    ...pick(flags, ...Object.keys(GIVEN_FLAGS) as (keyof typeof GIVEN_FLAGS)[]),
  };
}

/**
 * Whether a guard is given, so that none is made of the model.
 *
 * @param flags as they were typed.
 * @returns true also where it is an adapter.
 */
export function givesGuard({ guard, guardAdapter }: PretrainedFlags): boolean {
  return (guard ?? guardAdapter) !== undefined;
}
