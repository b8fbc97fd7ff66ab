import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { conformalP, fitCalibration, surprisal } from "./calibration.ts";
import {
  fitCalibratedFusion,
  fusedP,
  fusedSurprisals,
  halvesByScene,
} from "./calibrated_fusion.ts";
import { fuseSurprisals } from "./p_fusion.ts";

const MONITORS = 7;
const how = "smallest";
const weights = Array.from({ length: MONITORS }, () => 1 / MONITORS);

const random = stream("calibrated fusion");

/** Monitors of heavy tails that depend on one another, on safe rows. */
function draw(rows: number): Float64Array[] {
  const common = Float64Array.from({ length: rows }, () => random.normal());
  return weights.map(() => common.map((c) => (c / 2 + random.normal()) ** 3));
}

const scenesOf = (rows: number) => Array.from({ length: rows }, (_, i) => `scene ${i}`);

Deno.test("fusedP() flags at most a share alpha; calibrating both steps on the same rows would flag more", () => {
  const [rounds, n, rows, alpha] = [250, 200, 100, 0.05];
  let [split, reused] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const [safe, fresh] = [draw(n), draw(rows)];
    const fusion = fitCalibratedFusion(safe, { how, weights, scenes: scenesOf(n) });
    split += fusedP(fusion, fresh).filter((p) => p <= alpha).length;
    const parts = safe.map((of) => fitCalibration(of));
    const fuse = (scores: Float64Array[]) =>
      fuseSurprisals(how, scores.map((of, m) => surprisal(parts[m], of)), weights);
    const p = conformalP(fitCalibration(fuse(safe)), fuse(fresh));
    reused += p.filter((p) => p <= alpha).length;
  }
  const [ofSplit, ofReused] = [split, reused].map((flagged) => flagged / (rounds * rows));
  const error = Math.sqrt(alpha / 100 / rounds); // of a threshold on 100 rows, in each round
  assert.ok(ofSplit <= alpha + 3 * error, `${ofSplit}`);
  assert.ok(ofReused > alpha + 3 * error, `${ofReused}`);
});

Deno.test("fusedP() is the same from plain JSON, and orders rows as fusedSurprisals() does", () => {
  const safe = draw(120);
  const fusion = fitCalibratedFusion(safe, { how, weights, scenes: scenesOf(120) });
  const fresh = draw(50);
  const [p, scores] = [fusedP(fusion, fresh), fusedSurprisals(fusion, fresh)];
  assert.deepEqual(fusedP(JSON.parse(JSON.stringify(fusion)), fresh), p);
  const order = [...scores.keys()].sort((a, b) => scores[a] - scores[b]);
  order.slice(1).forEach((row, i) => assert.ok(p[row] <= p[order[i]]));
});

Deno.test("halvesByScene() keeps rows of a scene together, whatever the order of the rows", () => {
  const scenes = Array.from({ length: 300 }, (_, i) => `scene ${i % 31}`);
  const [first, second] = halvesByScene(scenes);
  assert.equal(first.length + second.length, 300);
  const of = (rows: number[]) => new Set(rows.map((row) => scenes[row]));
  assert.equal(of(first).intersection(of(second)).size, 0);
  assert.deepEqual([of(first).size, of(second).size], [16, 15]);
  const [turned] = halvesByScene(scenes.toReversed());
  assert.deepEqual(new Set(turned.map((row) => scenes[299 - row])), of(first));
  assert.throws(() => halvesByScene(["a", "a"]), /at least 2 scenes, got 1/);
});
