import assert from "node:assert/strict";
import { lengthScores } from "./length.ts";

Deno.test("lengthScores() counts characters, not code units", () => {
  assert.deepEqual([...lengthScores(["", "Hé!", "😀😀"])], [0, 3, 2]);
});
