import assert from "node:assert/strict";
import { writeTinySuite } from "../conversation/testing.ts";
import { temporaryFolder } from "../core/testing.ts";
import { openWorkbench } from "./open_workbench.ts";
import { hasSizes } from "./workbench.ts";

Deno.test("openWorkbench() leaves out what has more tokens than asked for, and says how many", async () => {
  using temporary = temporaryFolder();
  const said: string[] = [];
  const options = {
    suite: writeTinySuite(temporary.path, 25),
    quick: true,
    seeds: 1,
    threads: 1,
    cache: temporary.path,
    say: (message: string) => void said.push(message),
  };
  const whole = await openWorkbench(options);
  const tokenizer = await whole.tokenizer();
  const isShort = ({ conversation }: { conversation: string }) =>
    tokenizer.encode(conversation).length <= 200;
  const short = whole.suite.test.filter(isShort);
  assert.ok(short.length > 0 && short.length < whole.suite.test.length);

  const { suite } = await openWorkbench({ ...options, selection: { maxLength: 200 } });
  assert.deepEqual(suite.test, short);
  assert.deepEqual(suite.train, whole.suite.train);
  const left = whole.suite.test.length - short.length;
  assert.match(said.join(), new RegExp(`^${left} test and \\d+ calibration .* 200 tokens`));
});

Deno.test("openWorkbench() says of the rows but once how many are cut, whatever the size of the models", async () => {
  using temporary = temporaryFolder();
  const said: string[] = [];
  const bench = await openWorkbench({
    suite: writeTinySuite(temporary.path, 25),
    ...{ quick: true, seeds: 1, threads: 1, cache: temporary.path },
    say: (message) => void said.push(message),
  });
  assert.ok(hasSizes(bench));
  await bench.encoded("test");
  await bench.resized({ ...bench.recipe.size, layers: 1 }).encoded("test");
  assert.equal(said.filter((message) => /test conversations are longer/.test(message)).length, 1);
});

Deno.test("openWorkbench() refuses a choice of rows that leaves no threshold", async () => {
  using temporary = temporaryFolder();
  const suite = writeTinySuite(temporary.path, 50);
  const cache = temporary.path;
  const selection = { domains: ["scheming" as const] };
  await assert.rejects(
    openWorkbench({ suite, quick: true, seeds: 1, threads: 1, cache, say() {}, selection }),
    /must hold safe rows of the ID domains and unsafe rows, got 0 and \d+/,
  );
});
