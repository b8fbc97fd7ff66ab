/**
 * The safetensors format: an 8-byte length, a JSON header with name, type, shape and place of every tensor, then the values.
 * Opening a file reads its header alone; values are read when they are asked for, each time anew, so that a model may be
 * larger than memory.
 *
 * @module
 */
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { fileError, readExactly, writeFileAtomic } from "../core/files.ts";
import { firstProblem, type Schema } from "../core/schema.ts";
import { type Parameter, type Parameters, parametersOf, storedParameter } from "./parameters.ts";

/** How many bytes a value has in the file, and how values become float32. */
interface Format {
  bytes: number;
  decode(values: Uint8Array<ArrayBuffer>, into: Float32Array): void;
}

const formats: ReadonlyMap<unknown, Format> = new Map<string, Format>([
  ["F32", { bytes: 4, decode: ({ buffer }, into) => into.set(new Float32Array(buffer)) }],
  ["F16", { bytes: 2, decode: ({ buffer }, into) => into.set(new Float16Array(buffer)) }],
  ["BF16", { bytes: 2, decode: decodeBfloat16 }],
]);

/** Most values in a block. */
const BLOCK = 1 << 20;

const Whole = z.int("must be a whole number").nonnegative("must not be negative");
const Entry = z.looseObject({
  dtype: z.string("must be text"),
  shape: z.array(Whole, "must be a list").max(8, "must have at most 8 dimensions"),
  data_offsets: z.tuple([Whole, Whole], "must be two offsets"),
}, "must be an object");
const Header: Schema<Record<string, Entry>> = z.record(z.string(), Entry, "must be an object");

/** What the header says of a weight. */
type Entry = z.infer<typeof Entry>;

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
 * Opens weights.
 *
 * @param path the file.
 * @returns the weights by name, and the words about them. `data` of a weight reads its part of the file at each access,
 * converts it from F32, F16 or BF16, and keeps nothing; it throws a {@linkcode UserError} where the file has been changed
 * meanwhile, or holds the weight in another type, which its `problem` says before. So does opening where the file is not whole.
 */
export function readSafetensors(
  path: string,
): { parameters: Parameters; metadata: Record<string, string> } {
  try {
    using file = Deno.openSync(path);
    const { size } = file.statSync();
    const headLength = Number(
      new DataView(readExactly(file, new Uint8Array(8)).buffer).getBigUint64(0, true),
    );
    const start = 8 + headLength;
    if (start > size) throw new RangeError("it ends within its header");
    const text = new TextDecoder().decode(readExactly(file, new Uint8Array(headLength)));
    const { __metadata__: metadata = {}, ...entries } = { ...JSON.parse(text) };
    const { data, error } = Header.safeParse(entries);
    if (error) throw new TypeError(firstProblem(error, entries));
    refuseOverlaps(data!);
    const parameters = Object.entries(data!).map(([name, entry]) =>
      parameterOf(path, name, entry, start, size)
    );
    return { parameters: parametersOf(parameters), metadata };
  } catch (error) {
    throw brokenFile(path, error);
  }
}

/** Two weights in one place are a mistake, or a small file that poses as a large model. */
function refuseOverlaps(entries: Record<string, Entry>): void {
  let [before, taken] = ["", 0];
  const inOrder = Object.entries(entries).filter(([, { data_offsets: [a, b] }]) => a < b)
    .sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  for (const [name, { data_offsets: [begin, end] }] of inOrder) {
    if (begin < taken) throw new RangeError(`"${before}" and "${name}" overlap`);
    [before, taken] = [name, end];
  }
}

function parameterOf(
  path: string,
  name: string,
  { dtype, shape, data_offsets: [begin, end] }: Entry,
  start: number,
  fileSize: number,
): Parameter {
  const format = formats.get(dtype);
  const values = shape.reduce((a, b) => a * b, 1);
  const length = format ? format.bytes * values : end - begin;
  if (end - begin !== length || begin < 0 || begin > end || start + end > fileSize) {
    throw new RangeError(`"${name}" has the wrong size`);
  }
  if (format === undefined) { // a buffer, perhaps, that nobody asks for
    const problem = `"${name}" must be ${[...formats.keys()].join(", ")}, got ${dtype}`;
    const unreadable = storedParameter({ name, shape }, () => {
      throw brokenFile(path, new TypeError(problem));
    });
    return Object.defineProperty(unreadable, "problem", { value: problem });
  }
  return storedParameter({ name, shape }, function* () {
    try {
      using file = Deno.openSync(path);
      file.seekSync(start + begin, Deno.SeekMode.Start);
      const block = new Float32Array(Math.min(BLOCK, length / format.bytes)); // used again and again
      for (let at = 0; at < length; at += format.bytes * BLOCK) {
        const part = readExactly(
          file,
          new Uint8Array(Math.min(format.bytes * BLOCK, length - at)),
        );
        format.decode(part, block);
        yield block.subarray(0, part.length / format.bytes);
      }
    } catch (error) {
      throw brokenFile(path, error);
    }
  });
}

/** bfloat16 is the upper half of float32. */
function decodeBfloat16({ buffer }: Uint8Array<ArrayBuffer>, into: Float32Array): void {
  const upper = new Uint16Array(buffer);
  const bits = new Uint32Array(into.buffer as ArrayBuffer, into.byteOffset, upper.length);
  for (let i = 0; i < bits.length; i++) bits[i] = upper[i] << 16;
}

/** What the system says of a file as it is; all else is about what the file holds. */
function brokenFile(path: string, error: unknown): Error {
  const ofContent = [RangeError, TypeError, SyntaxError].some((kind) => error instanceof kind);
  if (!ofContent) return fileError("read", path, error);
  return new UserError(
    `Cannot read "${path}": it is not a whole safetensors file (${(error as Error).message})`,
    "Get a whole copy of the file; one in the cache is made again once the folder that holds it is removed.",
    { cause: error },
  );
}
