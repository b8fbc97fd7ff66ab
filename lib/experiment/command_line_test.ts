import assert from "node:assert/strict";
import { readFlags, resultsFolder, RUN_FLAGS, runOptions } from "./command_line.ts";

const flagsOf = (...args: string[]) => readFlags(args, RUN_FLAGS).values;
const optionsOf = (...args: string[]) => runOptions(flagsOf(...args), () => {});
const folderOf = (...args: string[]) => resultsFolder(flagsOf(...args), "mini");

Deno.test("runOptions() reads which rows to test on, domains in the order of the tables", () => {
  assert.deepEqual(optionsOf().selection, {});
  assert.deepEqual(
    optionsOf("--domains", "verse,scheming", "--max-length", "2048", "--rows-per-domain", "100")
      .selection,
    { domains: ["scheming", "verse"], maxLength: 2048, rowsPerDomain: 100 },
  );
});

Deno.test("runOptions() names the nearest domain, and refuses numbers that are none", () => {
  assert.throws(() => optionsOf("--domains", "verse,schemin"), (error: Error) => {
    assert.match(error.message, /there is no domain "schemin"/);
    assert.match((error as Error & { remedy: string }).remedy, /Did you mean "scheming"\?/);
    return true;
  });
  for (const flag of ["--max-length", "--rows-per-domain"]) {
    for (const text of ["0", "1.5", "many"]) {
      assert.throws(() => optionsOf(flag, text), /must be a whole number from 1 to 1000000/);
    }
  }
});

Deno.test("resultsFolder() keeps results of chosen rows away from those of all", () => {
  assert.equal(folderOf(), "results/mini");
  assert.equal(folderOf("--rows-per-domain", "100"), "results/mini-rows-100");
  assert.equal(
    folderOf("--quick", "--domains", "verse,scheming", "--max-length", "64"),
    "results/quick/mini-domains-scheming+verse-max-length-64",
  );
  assert.equal(folderOf("--results", "there", "--rows-per-domain", "100"), "there");
});
