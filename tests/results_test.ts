/**
 * What is committed under `results/`: figures must stay what their artifacts show, whatever is changed in the code between.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Experiment } from "../lib/experiment/experiment.ts";
import { renderFigure } from "../lib/report/figure.ts";

const results = join(import.meta.dirname!, "../results/mini");

for (const { name: file } of Deno.readDirSync(results)) {
  if (!file.endsWith(".svg")) continue;
  const name = file.slice(0, -".svg".length);
  Deno.test(`${file} is drawn from ${name}.json`, async () => {
    const experiment: Experiment = (await import(`../experiments/${name}.ts`)).default;
    const artifact = JSON.parse(Deno.readTextFileSync(join(results, `${name}.json`)));
    const { figure } = experiment.show(artifact);
    assert.equal(await renderFigure(figure), Deno.readTextFileSync(join(results, file)));
  });
}
