import assert from "node:assert/strict";
import { duration } from "./progress.ts";

Deno.test("duration() gives seconds, and minutes from one minute on", () => {
  const cases: [number, string][] = [
    [0, "0 s"],
    [8.4, "8 s"],
    [59.4, "59 s"],
    [59.6, "1 min 00 s"],
    [185, "3 min 05 s"],
    [7325, "122 min 05 s"],
  ];
  for (const [seconds, text] of cases) assert.equal(duration(seconds), text);
});
