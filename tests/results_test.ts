/**
 * What is committed under `results/`: figures and the page must stay what their artifacts show, whatever is changed in the
 * code between.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openCatalogue } from "../lib/experiment/catalogue.ts";
import { buildReport } from "../lib/results/report.ts";

/** The embedded suite with models from nothing, with a pretrained one (on a third of the test rows, too), and judged by that. */
const FOLDERS = [
  "mini",
  "mini-smollm2-135m-instruct",
  "mini-rows-100-smollm2-135m-instruct",
  "mini-judged-by-smollm2-135m-instruct",
];

const experiments = await openCatalogue(join(import.meta.dirname!, "../experiments")).load();

for (const folder of FOLDERS) {
  const results = join(import.meta.dirname!, "../results", folder);
  const { page, figures } = await buildReport(results, experiments);
  const drawn: Record<string, string> = {
    "report.html": page,
    ...Object.fromEntries(Object.entries(figures).map(([name, svg]) => [`${name}.svg`, svg])),
  };

  for (const [file, text] of Object.entries(drawn)) {
    Deno.test(`${folder}/${file} is drawn from the artifacts beside it`, () => {
      assert.equal(Deno.readTextFileSync(join(results, file)), text);
    });
  }

  Deno.test(`no picture stands in ${folder} whose artifact is gone`, () => {
    const pictures = [...Deno.readDirSync(results)].map(({ name }) => name)
      .filter((name) => /\.(svg|html)$/.test(name));
    assert.deepEqual(pictures.sort(), Object.keys(drawn).sort());
  });
}
