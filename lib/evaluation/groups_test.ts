import assert from "node:assert/strict";
import { UserError } from "../core/errors.ts";
import { groupRows, requireDomain } from "./groups.ts";

const rows = [
  { domain: "hh-rlhf-harmless", malign: 1 }, // 0
  { domain: "scheming", malign: 1 }, // 1
  { domain: "hh-rlhf-harmless", malign: 0 }, // 2
  { domain: "swahili", malign: 0 }, // 3
  { domain: "function-calling", malign: 0 }, // 4
  { domain: "controlling", malign: 1 }, // 5
  { domain: "scheming", malign: 0 }, // 6
];
const plain = (named: { name: string; rows: Int32Array }[]) =>
  named.map(({ name, rows }) => [name, [...rows]]);

Deno.test("groupRows() shares the safe ID rows and makes a group of each OOD domain's unsafe rows", () => {
  const { safe, groups, shifts } = groupRows(rows);
  assert.deepEqual([...safe].sort(), [2, 4]);
  assert.deepEqual(plain(groups), [["id", [0]], ["controlling", [5]], ["scheming", [1]]]);
  assert.deepEqual(plain(shifts), [["scheming", [6]], ["swahili", [3]]]);
});

Deno.test("groupRows() follows other ID domains", () => {
  const { safe, groups, shifts } = groupRows(rows, ["scheming", "swahili", "scheming"]);
  assert.deepEqual([...safe].sort(), [3, 6]);
  assert.deepEqual(plain(groups), [["id", [1]], ["hh-rlhf-harmless", [0]], ["controlling", [5]]]);
  assert.deepEqual(plain(shifts), [["hh-rlhf-harmless", [2]], ["function-calling", [4]]]);
});

Deno.test("groupRows() keeps the group id where it has no unsafe rows", () => {
  assert.deepEqual(plain(groupRows([rows[2]]).groups), [["id", []]]);
});

Deno.test("requireDomain() names the nearest and all known domains", () => {
  const check = (error: UserError) =>
    /unknown domain "sheming"/.test(error.message) &&
    /Did you mean "scheming"\? Known: hh-rlhf-helpful, .*, verse\./.test(error.remedy);
  assert.throws(() => requireDomain("sheming"), check);
  assert.throws(() => groupRows([{ domain: "sheming", malign: 1 }]), check);
  assert.throws(() => groupRows(rows, ["sheming"]), check);
});
