/**
 * Low-rank updates as a GGUF file, which llama.cpp applies to the model that they were made for without merging them:
 *
 *     y = x Wᵀ + (x Aᵀ) (s B)ᵀ,   for every updated weight the tensors `….lora_a`, shape (r, inputs), and `….lora_b`, (outputs, r)
 *
 * The scale s is multiplied into B, since a file has one scale for all, and an α of 0 means that there is none. Rows of B stand in the
 * order in which the file of the model has those of W.
 *
 * @module
 */
import { UserError } from "../../core/errors.ts";
import { writeFileAtomic } from "../../core/files.ts";
import type { Adapter, LowRankUpdate } from "../adapter.ts";
import { readingOf } from "./architectures.ts";
import { readHeader } from "./header.ts";
import { partsOf } from "./parts.ts";
import { aligned, headerBytes } from "./written.ts";

/** A tensor of the file to be. */
interface NamedTensor {
  name: string;
  shape: readonly number[];
  data: Float32Array;
}

/**
 * Writes an adapter for llama.cpp.
 *
 * @param path of the file to be.
 * @param adapter low-rank updates alone.
 * @param base the GGUF file of the model that they were made for.
 * @throws a {@linkcode UserError} where the adapter replaces whole weights, updates one that the model lacks, or fits no weight.
 */
export function writeAdapterFile(path: string, adapter: Adapter, base: string): void {
  const headers = partsOf(base).map(readHeader);
  const weights = headers.flatMap(({ tensors }) => tensors);
  const shapes = new Map(weights.map(({ name, shape }) => [name, shape]));
  const { metadata } = headers[0];
  const { conversion } = readingOf(metadata, shapes);
  const tensors = weights.flatMap(({ name, shape }) => {
    const { name: weight, interleaved } = conversion(name);
    const update = adapter.updates.get(weight);
    if (update === undefined) return [];
    requireFit(adapter, weight, update, shape);
    return updateTensors(name, update, interleaved);
  });
  if (adapter.replacements.size > 0 || tensors.length !== 2 * adapter.updates.size) {
    throw new UserError(
      `Cannot use the adapter "${adapter.folder}" with "${base}": it must update weights of that model, and replace none`,
      "Choose an adapter of low-rank updates that was trained on this model.",
    );
  }
  writeTensors(path, metadata.text("general.architecture"), tensors);
}

function requireFit(
  { folder }: Adapter,
  weight: string,
  { down, up }: LowRankUpdate,
  [outputs, inputs]: readonly number[],
): void {
  if (down.shape[1] === inputs && up.shape[0] === outputs) return;
  throw new UserError(
    `Cannot use the adapter "${folder}": its update of ${weight} must have shape (${outputs}, ${inputs}), got (${
      up.shape[0]
    }, ${down.shape[1]})`,
    "Choose an adapter that was trained on this model.",
  );
}

/** A and B of one weight. */
function updateTensors(
  name: string,
  { down, up, scale }: LowRankUpdate,
  headSize: number | undefined,
): NamedTensor[] {
  const [outputs, rank] = up.shape;
  const values = up.data;
  const scaled = Float32Array.from(values, (value) => value * scale);
  const data = headSize === undefined ? scaled : interleaved(scaled, outputs, rank, headSize);
  return [
    { name: `${name}.lora_a`, shape: down.shape, data: down.data },
    { name: `${name}.lora_b`, shape: up.shape, data },
  ];
}

/** Puts the two halves of every head's rows together, row by row: what `tensors.ts` undoes. */
function interleaved(
  values: Float32Array,
  rows: number,
  columns: number,
  headSize: number,
): Float32Array {
  const into = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const within = row % headSize;
    const half = headSize / 2;
    const to = row - within + 2 * (within % half) + Math.floor(within / half);
    into.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return into;
}

function writeTensors(path: string, architecture: string, tensors: readonly NamedTensor[]): void {
  let end = 0;
  const entries = tensors.map(({ name, shape, data }) => {
    const offset = end;
    end += aligned(data.byteLength);
    return { name, shape, type: 0, offset };
  });
  const settings = {
    "general.architecture": architecture,
    "general.type": "adapter",
    "adapter.type": "lora",
  };
  const header = headerBytes({
    magic: "GGUF",
    version: 3,
    tensorCount: tensors.length,
    settingCount: Object.keys(settings).length,
    settings,
    tensors: entries,
  });
  const bytes = new Uint8Array(header.length + end);
  bytes.set(header);
  tensors.forEach(({ data }, t) => {
    const at = header.length + entries[t].offset;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
  });
  writeFileAtomic(path, bytes);
}
