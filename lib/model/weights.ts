/**
 * All weights of a checkpoint folder, which large models spread over several files (shards).
 *
 * @module
 */
import { basename, join } from "node:path";
import { UserError } from "../core/errors.ts";
import { exists, readText } from "../core/files.ts";
import { type Parameter, type Parameters, parametersOf } from "./parameters.ts";
import { readSafetensors } from "./safetensors.ts";

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/**
 * Opens a checkpoint's weights: `model.safetensors`, or the shards that `model.safetensors.index.json` names.
 *
 * @param folder the checkpoint.
 * @returns the weights by their names in the files; values are read at each access, as {@linkcode readSafetensors} says.
 * Throws a {@linkcode UserError} where a file is missing or broken.
 */
export function readWeights(folder: string): Parameters {
  const index = join(folder, INDEX);
  if (exists(join(folder, SINGLE)) || !exists(index)) {
    return readSafetensors(join(folder, SINGLE)).parameters;
  }
  const shardOf = readIndex(index);
  const shards = new Map(
    [...new Set(shardOf.values())].sort().map((shard) => [shard, openShard(folder, shard)]),
  );
  return parametersOf([...shardOf].map(([name, shard]): Parameter => {
    const parameter = shards.get(shard)!.get(name);
    if (parameter !== undefined) return parameter;
    throw incomplete(folder, `weight "${name}" is not in "${shard}"`);
  }));
}

function openShard(folder: string, shard: string): Parameters {
  const path = join(folder, shard);
  if (basename(shard) !== shard || !exists(path)) throw incomplete(folder, `"${shard}" is missing`);
  return readSafetensors(path).parameters;
}

/** File names by the names of the weights in them. */
function readIndex(path: string): Map<string, string> {
  try {
    const map = Object.entries(JSON.parse(readText(path)).weight_map);
    return new Map(map.map(([name, shard]) => [name, String(shard)]));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `Cannot load "${path}": it must be JSON with a "weight_map", got ${(error as Error).message}`,
      "Download the checkpoint again.",
      { cause: error },
    );
  }
}

function incomplete(folder: string, why: string): UserError {
  return new UserError(
    `Cannot load "${folder}": it must hold all that ${INDEX} names, but ${why}`,
    "Download the checkpoint again.",
  );
}
