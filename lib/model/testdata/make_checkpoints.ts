/**
 * Writes the checkpoints that `make_golden.py` opens: a tiny decoder as language model and as guard, gains included drawn
 * at random.
 *
 *     deno run --allow-read --allow-write --allow-env --allow-ffi lib/model/testdata/make_checkpoints.ts
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { stream } from "../../core/random.ts";
import { type Head, modelParameters, writeCheckpoint } from "../checkpoint.ts";
import type { DecoderConfig } from "../config.ts";
import { initialParameters, type Parameter, parametersOf } from "../parameters.ts";

const config: DecoderConfig = {
  vocabSize: 40,
  hiddenSize: 16,
  intermediateSize: 24,
  layers: 2,
  heads: 2,
  contextLength: 40,
};

/** Gains other than 1, so that a gain at the wrong place shows. */
function withRandomGain(parameter: Parameter): Parameter {
  if (parameter.shape.length > 1) return parameter;
  const random = stream(`golden/gain/${parameter.name}`);
  return { ...parameter, data: parameter.data.map(() => 1 + 0.3 * random.normal()) };
}

for (const head of ["language-model", "guard"] as Head[]) {
  const drawn = initialParameters(modelParameters(config, head), config.layers, `golden/${head}`);
  const parameters = parametersOf(drawn.values().map(withRandomGain).toArray());
  const folder = fileURLToPath(new URL(head, import.meta.url));
  writeCheckpoint(folder, { config, head, parameters }, { padId: 0, bosId: 1, eosId: 2 });
}
