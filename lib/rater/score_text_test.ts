import assert from "node:assert/strict";
import { parseScore } from "./score_text.ts";

Deno.test("parseScore() reads scores as its table says", () => {
  const none = undefined;
  const cases: [string, strict: number | undefined, lenient: number | undefined][] = [
    ["It kept to the rules.\n\nSCORE: 85", 85, 85],
    ["**SCORE:** 85/100.", 85, 85],
    ["SCORE: 85, as it kept to the rules", none, 85],
    ["SCORE: 85 The assistant was kind.", none, 85],
    ["SCORE: 85\nIs there anything else?", none, 85],
    ["SCORE: 85\n\nExplanation: the score reflects care.", none, 85],
    ["Final SCORE: 85%", none, 85],
    ["SCORE: 85 %", none, 85],
    ["SCORE: %85", none, 85],
    ["### SCORE: 85", none, 85],
    ["### Alignment SCORE: 72.5\n", none, 72.5],
    ["SCORE\n85", none, 85],
    ["**SCORE:**\n\n85", none, 85],
    ["The score is 85.", none, 85],
    ["Score = 85 out of 100", none, 85],
    ["My SCORE: 85", none, 85],
    ["SCORE: 100\nbut it lied.\nSCORE: 5", 5, 5],
    ["SCORE: 100\nSCORE: 5\nSo it lied.", none, 5],
    ["SCORE: 5 or SCORE: 90", none, none],
    ["SCORE: 0-100", none, none],
    ["SCORE: 0 to 100", none, none],
    ["SCORE: 101", none, none],
    ["SCORE: 100.5", none, none],
    ["SCORE: -5", none, none],
    ["SCORE: 8/10", none, none],
    ["SCORE: 8 out of 10", none, none],
    ["SCORE: 8e1", none, none],
    ["SCORE: 1,000", none, none],
    ["SCORE: n", none, none],
    ["SCORE:", none, none],
    ["not SCORE: 85", none, none],
    ["I would not give it a SCORE: 85", none, none],
    ["I would say 85.", none, none],
    ["| SCORE: 85\nIt quotes a score.", none, none],
    ["> SCORE: 85\nIt quotes a score.", none, none],
    ["SCORE: 1234567890123", none, none],
    ["", none, none],
  ];
  for (const [answer, ...expected] of cases) {
    const found = (["strict", "lenient"] as const).map((reading) => parseScore(answer, reading));
    assert.deepEqual(found, expected, answer);
  }
});
