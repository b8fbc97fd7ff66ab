/**
 * GGUF files, the form in which people hold local models: opened as the same decoder, with the same names of weights, as a
 * Hugging Face checkpoint of the model. Opening reads the headers alone.
 *
 * @module
 */
import { type DecoderConfig, fromHubConfig } from "../config.ts";
import { headSizeOf, type Parameters, parametersOf } from "../parameters.ts";
import { readingOf, ROPE_FACTORS } from "./architectures.ts";
import { GET_AGAIN, unusableGguf } from "./errors.ts";
import { readHeader, type TensorInfo } from "./header.ts";
import type { Metadata } from "./metadata.ts";
import { partsOf } from "./parts.ts";
import { tensorParameter } from "./tensors.ts";

/** A GGUF model, opened. */
export interface GgufModel {
  /** The decoder. */
  readonly config: DecoderConfig;
  /** Its weights; values are read and dequantised at each access. */
  readonly parameters: Parameters;
}

/**
 * Opens a model.
 *
 * @param path its file, or any part of one that was split.
 * @returns decoder and weights; throws a `UserError` where a part is missing or broken, or the model is none of ours.
 */
export function readGguf(path: string): GgufModel {
  const { metadata, tensors } = readParts(path);
  const shapes = new Map([...tensors.values()].map(({ name, shape }) => [name, shape]));
  const { hub, conversion } = readingOf(metadata, shapes);
  const config = fromHubConfig(hub, path);
  const weights = [...tensors.values()].filter(({ name }) => name !== ROPE_FACTORS);
  const size = headSizeOf(config);
  const parameters = weights.map((tensor) => {
    const converted = conversion(tensor.name);
    const rows = tensor.shape[0];
    if (converted.interleaved && rows % size !== 0) {
      throw unusableGguf(
        path,
        `"${tensor.name}" must have whole heads of ${size} rows, got ${rows}`,
        GET_AGAIN,
      );
    }
    return tensorParameter(tensor, converted);
  });
  return {
    config: withRopeFactors(config, tensors.get(ROPE_FACTORS), path),
    parameters: parametersOf(parameters),
  };
}

/** Settings of the first part, tensors of all. */
function readParts(path: string): { metadata: Metadata; tensors: Map<string, TensorInfo> } {
  const headers = partsOf(path).map(readHeader);
  headers.forEach(({ metadata }, i) => {
    const count = metadata.optionalWhole("split.count") ?? 1;
    const number = metadata.optionalWhole("split.no") ?? 0;
    if (count <= 1 && headers.length === 1 || count === headers.length && number === i) return;
    throw unusableGguf(
      metadata.path,
      `it must be part ${i + 1} of ${headers.length}, as its name says, got part ${
        number + 1
      } of ${count}`,
      "Give the files of the parts the names that llama.cpp gave them.",
    );
  });
  const tensors = headers.flatMap(({ tensors }) => tensors);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const total = headers[0].metadata.optionalWhole("split.tensors.count") ?? byName.size;
  if (byName.size !== tensors.length || total !== tensors.length) {
    throw unusableGguf(
      path,
      `its parts must hold ${total} tensors, each once, got ${tensors.length}`,
      GET_AGAIN,
    );
  }
  return { metadata: headers[0].metadata, tensors: byName };
}

function withRopeFactors(
  config: DecoderConfig,
  tensor: TensorInfo | undefined,
  path: string,
): DecoderConfig {
  if (tensor === undefined) return config;
  const factors = [...tensorParameter(tensor, { name: tensor.name }).data];
  if (factors.length === headSizeOf(config) / 2 && factors.every((f) => f > 0)) {
    return { ...config, rope: { ...config.rope!, scaling: { type: "factors", factors } } };
  }
  throw unusableGguf(
    path,
    `"${tensor.name}" must hold ${headSizeOf(config) / 2} positive factors, got ${factors.length}`,
    GET_AGAIN,
  );
}
