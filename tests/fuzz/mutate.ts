/**
 * Changes of good inputs: bits and lengths of any file, and in JSON, whether it is a file, a line or a header, values of which
 * readers seldom think.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import type { Stream } from "../../lib/core/random.ts";
import { bytes, textOf } from "./reader.ts";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

/** JSON texts that stand where others are expected. */
const HOSTILE: readonly string[] = [
  ...["null", "true", "false", "0", "-0", "-1", "0.5", "1e5", "1e308", "-1e308", "5e-324", "1e999"],
  ...["1000000000", "9007199254740993", "18446744073709551616", "123456789012345678901234567890"],
  ...['""', '" "', '"\\ud83d"', '"\\udc00x"', '"\\u0000"', '"\\u001b[2J\\u009b31m\\u202e"', '"é"'],
  ...['"../../../x"', '"/etc/passwd"', '"CON"', '"$(touch x)"', '"NaN"', '"1e5"', '"{{ x }}"'],
  ...['"(.*)*x"', '"(a|a)*$"', '"<script>alert(1)</script>"', '"__proto__"', '"constructor"'],
  ...["[]", "{}", "[[]]", "[null]", "[[[[0]]]]", '{"length":1000000000}', '{"toString":1}'],
  ...['{"__proto__":{"x":1}}', '{"toJSON":1}', '{"constructor":1}', '{"hasOwnProperty":1}'],
  ...[JSON.stringify("x".repeat(100_000)), JSON.stringify(Array(3000).fill(0)), nested(3000)],
  JSON.stringify(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i]))),
];

/** Whole numbers at the ends of what their kinds hold. */
const EDGES: readonly bigint[] = [0n, 1n, 0x7fn, 0xffn, 0x7fffn, 0xffffn]
  .concat([2n ** 30n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n])
  .concat([2n ** 40n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]);

/**
 * Changes a file.
 *
 * @param name which; `.gz` is unpacked, changed and packed again now and then, `.safetensors` changed in its header.
 * @param data its content, which is left alone.
 * @param random where draws come from.
 * @returns another content, most often.
 */
export function mutate(name: string, data: Uint8Array, random: Stream): Uint8Array {
  const inside = random.below(4) > 0;
  try {
    if (name.endsWith(".gz") && inside) {
      return gzipSync(mutate(name.slice(0, -3), gunzipSync(data), random));
    }
    if (name.endsWith(".safetensors") && inside) return mutateHeader(data, random);
  } catch {
    // an earlier change has broken it
  }
  const isText = /\.(jsonl?|txt|jinja)$/.test(name);
  const change = isText && random.below(5) > 0 ? mutateText : mutateBytes;
  return change(data, random);
}

/** The header of a safetensors file is JSON behind its length. */
function mutateHeader(data: Uint8Array, random: Stream): Uint8Array {
  const length = Number(Buffer.from(data).readBigUInt64LE(0));
  const header = mutateText(data.subarray(8, 8 + length), random);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header, data.subarray(8 + length)]);
}

function mutateBytes(data: Uint8Array, random: Stream): Uint8Array {
  const result = Buffer.from(data);
  const at = random.below(data.length + 1);
  const front = random.below(2) === 0 ? at : Math.min(at, random.below(256)); // headers are in front
  const length = Math.min(data.length - front, 1 << random.below(12));
  const piece = result.subarray(front, front + length);
  switch (random.below(7)) {
    case 0:
      return result.subarray(0, at);
    case 1:
      piece.fill(random.pick([0, 0xff, 0x20, 0x5b]));
      return result;
    case 2: // twice
      return Buffer.concat([result.subarray(0, front + length), result.subarray(front)]);
    case 3: // left out
      return Buffer.concat([result.subarray(0, front), result.subarray(front + length)]);
    case 4: {
      const number = Buffer.alloc(8);
      number.writeBigUInt64LE(random.pick(EDGES));
      number.copy(result, front, 0, random.pick([1, 2, 4, 8]));
      return result;
    }
    default:
      for (let n = 1 + random.below(8); n > 0 && data.length > 0; n--) {
        result[random.below(2) === 0 ? random.below(data.length) : front % data.length] ^= 1 <<
          random.below(8);
      }
      return result;
  }
}

function mutateText(data: Uint8Array, random: Stream): Uint8Array {
  const text = textOf(data);
  const value = parsed(text);
  if (value !== undefined) return bytes(mutateJson(value, random));
  const all = text.split("\n");
  const at = random.below(all.length);
  const line = parsed(all[at]);
  const kind = random.below(8);
  if (kind === 0) all.splice(at, 0, all[random.below(all.length)]);
  else if (kind === 1) all.splice(at, 1);
  else if (kind === 2) all[at] = random.pick(HOSTILE);
  else if (line !== undefined) all[at] = mutateJson(line, random);
  else return bytes(insertText(text, random));
  return bytes(all.join("\n"));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function insertText(text: string, random: Stream): string {
  const at = random.below(text.length + 1);
  const inserted = random.below(2) === 0 ? text.slice(at, at + 50) : random.pick(HOSTILE);
  return text.slice(0, at) + inserted + text.slice(at + random.below(20));
}

/** Stands for a piece of JSON text in a value until that is written. */
const placeholder = (i: number) => `\u0001fuzz${i}\u0001`;

/** A value's JSON text with one to three places changed. */
function mutateJson(value: unknown, random: Stream): string {
  const texts: string[] = [];
  const hostile = () => {
    texts.push(hostileText(random));
    return placeholder(texts.length - 1);
  };
  const root = { value };
  for (let n = 1 + random.below(3); n > 0; n--) changePlace(root, random, hostile);
  return texts.reduce(
    (json, text, i) => json.replace(JSON.stringify(placeholder(i)), () => text),
    JSON.stringify(root.value) ?? "null",
  );
}

function hostileText(random: Stream): string {
  if (random.below(4) > 0) return random.pick(HOSTILE);
  const [value] = fc.sample(fc.jsonValue(), { numRuns: 1, seed: random.int32() });
  return JSON.stringify(value);
}

/** Goes down from the root, and stops at any depth with the same chance, so that the few keys at the top are met as often. */
function changePlace(root: { value: unknown }, random: Stream, hostile: () => string): void {
  let holder: Record<string, unknown> = root;
  let key = "value";
  for (;;) {
    const inner = holder[key];
    const keys = typeof inner === "object" && inner !== null ? Object.keys(inner) : [];
    if (keys.length === 0 || random.below(4) === 0) break;
    holder = inner as Record<string, unknown>;
    key = random.pick(keys);
  }
  const keys = Object.keys(holder);
  switch (random.below(8)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else if (holder !== root) delete holder[key];
      return;
    case 1: // another's value
      holder[key] = structuredClone(holder[random.pick(keys)]);
      return;
    case 2:
      if (Array.isArray(holder)) break; // it has a length already
      holder[random.pick(["__proto__x", "toString", "length", hostile(), ""])] = holder[key];
      return;
    case 3:
      holder[key] = [holder[key]];
      return;
    case 4:
      if (typeof holder[key] !== "number") break;
      holder[key] = -(holder[key] as number) * random.pick([1, 2, 1e3, 1e9, 1e300]);
      return;
    case 5:
      if (typeof holder[key] !== "string") break;
      holder[key] = insertText(holder[key] as string, random);
      return;
  }
  holder[key] = hostile();
}
