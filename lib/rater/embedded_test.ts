import assert from "node:assert/strict";
import type { Row } from "../conversation/row.ts";
import { sceneHalves } from "./embedded.ts";

/** Forty rows of ten scenes in two domains. */
const rows = Array.from({ length: 40 }, (_, i): Row => {
  const domain = i < 20 ? "function-calling" : "hh-rlhf-harmless";
  const scene = `${domain}/${i % 5}`;
  return { id: `row-${i}`, conversation: "\n\nHuman: Hi", domain, malign: 0, scene };
});
const scenesOf = (half: number[]) => new Set(half.map((i) => rows[i].scene));

Deno.test("sceneHalves() keeps scenes together and spreads those of a domain evenly", () => {
  const [first, second] = sceneHalves(rows, 1);
  assert.deepEqual([...first, ...second].sort((a, b) => a - b), rows.map((_, i) => i));
  assert.ok(scenesOf(first).isDisjointFrom(scenesOf(second)));
  for (const domain of ["function-calling", "hh-rlhf-harmless"]) {
    const own = [...scenesOf(first)].filter((scene) => scene!.startsWith(domain));
    assert.equal(own.length, 3);
  }
});

Deno.test("sceneHalves() keeps a share of each half", () => {
  const whole = sceneHalves(rows, 1);
  sceneHalves(rows, 0.25).forEach((half, h) => {
    assert.equal(half.length, whole[h].length / 4);
    assert.ok(half.every((i) => whole[h].includes(i)));
  });
});

Deno.test("sceneHalves() takes a row without a scene as its own", () => {
  const bare = rows.map(({ scene: _, ...row }) => row);
  assert.deepEqual(sceneHalves(bare, 1).map(({ length }) => length), [20, 20]);
});
