/**
 * The steps of a fit: models and passes, and the monitor that is made of them.
 *
 * @module
 */
import { resolve } from "node:path";
import { exists } from "../core/files.ts";
import { hashOf } from "../core/json.ts";
import {
  fitMonitor,
  type FitMonitorOptions,
  type PartsMaker,
  requireFittable,
} from "../monitor/fit.ts";
import type { FitOptions } from "../monitor/fit_on_data.ts";
import { inOrder, type Step } from "./steps.ts";

/**
 * Plans a fit.
 *
 * @param maker makes the monitor's parts.
 * @param settings where to, and how.
 * @param options of which the estimate of covariances is looked at.
 * @returns the steps in an order in which they can be done, the monitor last; throws a `UserError` where it could not be fitted or
 * written.
 */
export async function fitSteps(
  maker: PartsMaker,
  settings: FitMonitorOptions,
  { covariance }: Pick<FitOptions, "covariance">,
): Promise<Step[]> {
  requireFittable(maker, settings);
  const after = inOrder(await maker.needs());
  return [...after, {
    name: `monitor "${settings.output}"`,
    key: hashOf({
      needs: after.map(({ key }) => key),
      suite: maker.suite.hash,
      settings: JSON.stringify({ ...settings, covariance }),
      output: resolve(settings.output),
    }),
    after,
    pieces: 1,
    cost: await maker.cost(),
    isDone: () => exists(settings.output),
    make: () => fitMonitor(maker, settings),
  }];
}
