/**
 * GGUF files as bytes, value by value (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), version 3, little-endian.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** A setting: whole numbers are written as uint32, others as float32. */
export type Setting = number | boolean | string | string[] | number[];

/** What the beginning of a file says of a tensor. */
export interface TensorEntry {
  /** As llama.cpp calls it. */
  name: string;
  /** Outermost dimension first. */
  shape: readonly number[];
  /** Number of its element type; 0 is float32. */
  type: number;
  /** Of its first byte, from where the data begin. */
  offset: number;
}

/** What the beginning of a file holds, and how much of it it says that it holds. */
export interface WrittenHeader {
  /** "GGUF". */
  magic: string;
  /** Of the format. */
  version: number;
  /** How many tensors. */
  tensorCount: number | bigint;
  /** How many settings. */
  settingCount: number | bigint;
  /** By name. */
  settings: Readonly<Record<string, Setting>>;
  /** In order. */
  tensors: readonly TensorEntry[];
}

/** Data begin, and each tensor begins, at a multiple of so many bytes. */
export const ALIGNMENT = 32;

/**
 * The beginning of a file.
 *
 * @param header what it holds; counts need not be right.
 * @returns its bytes, up to where the data begin.
 */
export function headerBytes(header: WrittenHeader): Uint8Array<ArrayBuffer> {
  const parts = [
    Buffer.from(header.magic),
    u32(header.version),
    u64(header.tensorCount),
    u64(header.settingCount),
    ...Object.entries(header.settings).flatMap(([key, value]) => [text(key), typed(value)]),
    ...header.tensors.flatMap(({ name, shape, type, offset }) => [
      text(name),
      u32(shape.length),
      ...shape.toReversed().map(u64),
      u32(type),
      u64(offset),
    ]),
  ];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(aligned(length));
  bytes.set(Buffer.concat(parts));
  return bytes;
}

/**
 * A length with what fills it up.
 *
 * @param bytes of something.
 * @returns the next multiple of {@linkcode ALIGNMENT}.
 */
export function aligned(bytes: number): number {
  return ALIGNMENT * Math.ceil(bytes / ALIGNMENT);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
}

/** A value with the number of its type before it. */
function typed(value: Setting): Buffer {
  if (typeof value === "string") return Buffer.concat([u32(8), text(value)]);
  if (typeof value === "boolean") return Buffer.concat([u32(7), Buffer.from([value ? 1 : 0])]);
  if (typeof value === "number") {
    return Number.isInteger(value)
      ? Buffer.concat([u32(4), u32(value)])
      : Buffer.concat([u32(6), f32(value)]);
  }
  const isText = typeof value[0] === "string";
  const elements = value.map((v) => typeof v === "string" ? text(v) : f32(v));
  return Buffer.concat([u32(9), u32(isText ? 8 : 6), u64(value.length), ...elements]);
}
