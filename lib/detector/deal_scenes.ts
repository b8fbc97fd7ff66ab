/**
 * Dealing scenes to parts of about equal size, in the order of their hashes: an order that nobody chose, and that does not change
 * with the order of the rows.
 *
 * @module
 */
import { sha256 } from "../core/json.ts";

/**
 * Deals scenes, as cards are dealt.
 *
 * @param scenes their names; each counts once.
 * @param parts how many there are.
 * @param isFirst whether a scene is dealt before those of which that is not so. By default none is.
 * @returns the part of each scene, from 0.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dealScenes } from "./deal_scenes.ts";
 * const dealt = dealScenes(["a", "b", "a", "c"], 2, (scene) => scene === "c");
 * assert.equal(dealt.get("c"), 0);
 * assert.deepEqual([dealt.get("a"), dealt.get("b")].sort(), [0, 1]);
 * ```
 */
export function dealScenes(
  scenes: Iterable<string>,
  parts: number,
  isFirst: (scene: string) => boolean = () => false,
): Map<string, number> {
  const order = [...new Set(scenes)].map((name) => ({
    name,
    key: `${isFirst(name) ? 0 : 1}${sha256(name)}`,
  }));
  order.sort((a, b) => a.key < b.key ? -1 : 1);
  return new Map(order.map(({ name }, i) => [name, i % parts]));
}
