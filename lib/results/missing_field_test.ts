import assert from "node:assert/strict";
import { missingField } from "./missing_field.ts";

interface Old {
  findings: { results: Record<string, { n: number }>; monitors?: string[]; note?: string };
}

const artifact: Old = { findings: { results: { guard: { n: 1 } } } };

Deno.test("missingField() names what an older version did not write", () => {
  const show = ({ findings }: Old) => findings.monitors!.map((name) => findings.results[name].n);
  assert.equal(missingField(artifact, show), "findings.monitors");
  assert.equal(
    missingField(artifact, ({ findings }) => findings.results.other.n),
    "findings.results.other",
  );
  assert.equal(
    missingField(artifact, ({ findings }) => [...findings.monitors!]),
    "findings.monitors",
  );
});

Deno.test("missingField() takes no bug for a missing field", () => {
  const bug = ({ findings }: Old) => {
    const { note } = findings; // optional, and not what fails
    return [note, findings.results.guard.n].map((value) =>
      (undefined as unknown as string[])[value as number]
    );
  };
  assert.equal(missingField(artifact, bug), undefined);
  assert.equal(missingField(artifact, ({ findings }) => findings.results), undefined);
});
