import assert from "node:assert/strict";
import { retry } from "./retry.ts";

Deno.test("retry() repeats what may pass, waits as it is told, and gives what comes in the end", async () => {
  const waits: number[] = [];
  const options = {
    delayAfter: ({ message }: Error) => message === "busy" ? 10 * (waits.length + 1) : undefined,
    wait: (milliseconds: number) => Promise.resolve(waits.push(milliseconds)),
  };
  const work = (attempt: number) =>
    attempt < 3 ? Promise.reject(new Error("busy")) : Promise.resolve(attempt);
  assert.equal(await retry(work, options), 3);
  assert.deepEqual(waits, [10, 20]);
  await assert.rejects(retry(() => Promise.reject(new Error("broken")), options), /broken/);
});

Deno.test("retry() never repeats a TypeError that is a bug", async () => {
  let attempts = 0;
  const work = () => {
    attempts++;
    return Promise.reject(new TypeError("x is not a function"));
  };
  const options = { delayAfter: () => 0, wait: () => Promise.resolve() };
  await assert.rejects(retry(work, options), TypeError);
  assert.equal(attempts, 1);
});
