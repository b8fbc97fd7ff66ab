import assert from "node:assert/strict";
import { join } from "node:path";
import { stream } from "../core/random.ts";
import { readStates, readStatesOf, writeStates } from "./kept_states.ts";

const WIDTH = 48;

/** States as large models have them: small ones, and a few that float16 cannot hold. */
function someStates(lengths: readonly number[]): Float32Array[] {
  const random = stream("kept states");
  return lengths.map((length) => {
    const states = Float32Array.from({ length: length * WIDTH }, () => random.normal());
    for (let t = 1; t < length; t++) states[t * WIDTH + 7] = 3e5 * random.uniform();
    return states;
  });
}

Deno.test("readStates() gives what was written to half precision of each vector's largest value", () => {
  const lengths = [3, 1, 5];
  const states = someStates(lengths);
  states[1].fill(0);
  const path = join(Deno.makeTempDirSync(), "states");
  writeStates(path, states, WIDTH);
  const found = readStates(path, lengths, WIDTH);
  assert.deepEqual(found.map(({ length }) => length), states.map(({ length }) => length));
  assert.ok(found[1].every((value) => value === 0));
  states.forEach((own, s) => {
    for (let t = 0; t < lengths[s]; t++) {
      const vector = own.subarray(t * WIDTH, (t + 1) * WIDTH);
      const largest = Math.max(...vector.map(Math.abs));
      vector.forEach((value, c) => {
        const error = Math.abs(found[s][t * WIDTH + c] - value);
        assert.ok(error <= 2 ** -11 * largest, `${error} of ${value} beside ${largest}`);
      });
    }
  });
});

Deno.test("readStatesOf() gives one sequence as readStates() does", () => {
  const lengths = [3, 1, 5];
  const path = join(Deno.makeTempDirSync(), "states");
  writeStates(path, someStates(lengths), WIDTH);
  const all = readStates(path, lengths, WIDTH);
  using file = Deno.openSync(path);
  assert.deepEqual(readStatesOf(file, { before: 4, length: 5, tokens: 9 }, WIDTH), all[2]);
  assert.deepEqual(readStatesOf(file, { before: 0, length: 3, tokens: 9 }, WIDTH), all[0]);
});

Deno.test("readStates() refuses a file of another size", () => {
  const path = join(Deno.makeTempDirSync(), "states");
  writeStates(path, someStates([2]), WIDTH);
  assert.throws(() => readStates(path, [3], WIDTH), /3 tokens take 300 bytes, got 200/);
});
