import assert from "node:assert/strict";
import type { Row } from "../conversation/row.ts";
import { covarianceFor, recordedCovariance, sayBeforehand } from "./beforehand.ts";
import type { RunOptions, Workbench } from "./workbench.ts";

/** A workbench of which only row counts matter. */
function bench(
  { train, test, width = 10, ...chosen }:
    & { train: number; test: number; width?: number }
    & Pick<RunOptions, "covariance">,
) {
  const said: string[] = [];
  const rows = (count: number) =>
    Array.from({ length: 2 * count }, (_, i): Partial<Row> => ({
      domain: "function-calling",
      malign: i % 2 === 0 ? 0 : 1,
    }));
  const options = { ...chosen, say: (message: string) => void said.push(message) };
  const suite = { train: rows(train), test: rows(test) };
  return { said, bench: { suite, width, options } as unknown as Workbench };
}

Deno.test("covarianceFor() shrinks where there are fewer than two rows a feature, unless asked not to", () => {
  const found = (train: number, chosen: Pick<RunOptions, "covariance"> = {}) => {
    const { bench: of } = bench({ train, test: 100, ...chosen });
    return [covarianceFor(of, of.width), recordedCovariance(of).covariance];
  };
  assert.deepEqual(found(20), ["sample", undefined]);
  assert.deepEqual(found(19), ["ledoit-wolf", "ledoit-wolf"]);
  assert.deepEqual(found(19, { covariance: "sample" }), ["sample", "sample"]);
  assert.deepEqual(found(20, { covariance: "sample" }), ["sample", undefined]);
  assert.deepEqual(found(20, { covariance: "ledoit-wolf" }), ["ledoit-wolf", "ledoit-wolf"]);
});

Deno.test("sayBeforehand() is silent where rows suffice, and says each lack once", () => {
  const enough = bench({ train: 20, test: 100 });
  sayBeforehand(enough.bench);
  assert.deepEqual(enough.said, []);
  const few = bench({ train: 10, test: 24 });
  sayBeforehand(few.bench);
  assert.deepEqual(few.said, [
    "10 safe training rows are few for 10 features: Mahalanobis distance shrinks their covariance (--covariance ledoit-wolf).",
    "A threshold at 1% FPR on 24 safe ID test rows is hardly known: of others like them it flags 0.1% to 21.1% (95% interval).",
  ]);
  const asked = bench({ train: 11, test: 100, covariance: "sample" });
  sayBeforehand(asked.bench);
  assert.deepEqual(asked.said, []);
  assert.throws(
    () => sayBeforehand(bench({ train: 10, test: 100, covariance: "sample" }).bench),
    /^UserError: Cannot use --covariance sample: 10 features need at least 11 safe training rows, got 10$/,
  );
});
