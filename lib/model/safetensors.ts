/**
 * The safetensors format: an 8-byte length, a JSON header with name, type, shape and place of every tensor, then the values.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { readBytes, writeFileAtomic } from "../core/files.ts";
import { type Parameter, type Parameters, parametersOf } from "./parameters.ts";

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [start: number, end: number];
}

/**
 * Writes weights.
 *
 * @param path the file.
 * @param parameters what to write, all as float32.
 * @param metadata words about them.
 */
export function writeSafetensors(
  path: string,
  parameters: Iterable<Parameter>,
  metadata: Record<string, string> = {},
): void {
  const list = [...parameters];
  const header: Record<string, unknown> = { __metadata__: { format: "pt", ...metadata } };
  let end = 0;
  for (const { name, shape, data } of list) {
    header[name] = { dtype: "F32", shape, data_offsets: [end, end += data.byteLength] };
  }
  const head = new TextEncoder().encode(JSON.stringify(header));
  const headLength = 8 * Math.ceil(head.length / 8); // keeps values aligned
  const file = new Uint8Array(8 + headLength + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headLength), true);
  file.fill(0x20, 8, 8 + headLength); // blanks
  file.set(head, 8);
  let at = 8 + headLength;
  for (const { data } of list) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  writeFileAtomic(path, file);
}

/**
 * Reads weights.
 *
 * @param path the file.
 * @returns the weights by name, and the words about them; throws a {@linkcode UserError} where the file is not whole or
 * holds anything but float32.
 */
export function readSafetensors(
  path: string,
): { parameters: Parameters; metadata: Record<string, string> } {
  const bytes = readBytes(path);
  try {
    const headLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + headLength));
    const { __metadata__: metadata = {}, ...entries } = JSON.parse(text);
    const values = bytes.subarray(8 + headLength);
    const parameters = Object.entries(entries as Record<string, Entry>).map(([name, entry]) =>
      parameterOf(name, entry, values)
    );
    return { parameters: parametersOf(parameters), metadata };
  } catch (error) {
    throw new UserError(
      `Cannot read "${path}": it is not a whole safetensors file (${(error as Error).message})`,
      "Remove the folder that holds it, so that it is made again.",
      { cause: error },
    );
  }
}

function parameterOf(
  name: string,
  { dtype, shape, data_offsets: [start, end] }: Entry,
  values: Uint8Array,
): Parameter {
  if (dtype !== "F32") throw new TypeError(`"${name}" must be F32, got ${dtype}`);
  const size = 4 * shape.reduce((a, b) => a * b, 1);
  if (end - start !== size || end > values.length) {
    throw new RangeError(`"${name}" has the wrong size`);
  }
  return { name, shape, data: new Float32Array(values.slice(start, end).buffer) };
}
