/**
 * What can be known of a run before anything is computed: how covariances are estimated, and what a threshold on so few rows is
 * worth.
 *
 * @module
 */
import { ID_DOMAINS } from "../conversation/domains.ts";
import { type Row, safeRows } from "../conversation/row.ts";
import { UserError } from "../core/errors.ts";
import { type CovarianceKind, usualCovariance } from "../detector/covariance_choice.ts";
import { rateInterval } from "../stats/rate_interval.ts";
import { HEADLINE_FPR } from "../stats/tpr_at_fpr.ts";
import type { Workbench } from "./workbench.ts";

/**
 * How the covariance of hidden states is estimated.
 *
 * @param bench whose safe training rows, and whose choice, if it has one.
 * @param width of the states.
 * @returns the choice, else what so many rows allow.
 */
export function covarianceFor(
  { suite, options }: Pick<Workbench, "suite" | "options">,
  width: number,
): CovarianceKind {
  return options.covariance ?? usualCovariance(safeRows(suite.train).length, width);
}

/**
 * What an artifact says of it.
 *
 * @param bench the workbench.
 * @returns nothing where it is the sample covariance, and would be by default.
 */
export function recordedCovariance(bench: Workbench): { covariance?: CovarianceKind } {
  const { suite, width } = bench;
  const covariance = covarianceFor(bench, width);
  const usual = usualCovariance(safeRows(suite.train).length, width);
  return covariance === "sample" && usual === "sample" ? {} : { covariance };
}

/**
 * Says how covariances will be estimated where that is not as usual.
 *
 * @param bench the workbench; throws a {@linkcode UserError} where its choice needs more rows than there are.
 */
export function sayCovariance(
  { suite, options, width }: Pick<Workbench, "suite" | "options" | "width">,
): void {
  const rows = safeRows(suite.train).length;
  if (options.covariance === "sample" && rows <= width) {
    throw new UserError(
      `Cannot use --covariance sample: ${width} features need at least ${
        width + 1
      } safe training rows, got ${rows}`,
      "Give more rows, or leave the flag out: --covariance ledoit-wolf makes up for missing ones.",
    );
  }
  if (options.covariance !== undefined || usualCovariance(rows, width) === "sample") return;
  options.say(
    `${rows} safe training rows are few for ${width} features: Mahalanobis distance shrinks their covariance ` +
      "(--covariance ledoit-wolf).",
  );
}

/** Fewer safe rows than these leave the threshold of a headline figure to its highest score. */
export const FEW_ROWS: number = 1 / HEADLINE_FPR;

/**
 * Warns where a threshold stands on few rows.
 *
 * @param count how many safe rows it is chosen on.
 * @param what they are called, such as `safe ID test rows`.
 * @param target its false-positive rate.
 * @param say is told.
 */
export function sayFewRows(
  count: number,
  what: string,
  target: number,
  say: (message: string) => void,
): void {
  if (count >= FEW_ROWS || count === 0) return;
  const [lower, upper] = rateInterval(count, target).map((rate) => (100 * rate).toFixed(1));
  say(
    `A threshold at ${
      100 * target
    }% FPR on ${count} ${what} is hardly known: of others like them it flags ` +
      `${lower}% to ${upper}% (95% interval).`,
  );
}

/**
 * Says all of it, of a run of experiments.
 *
 * @param bench the workbench, nothing computed yet.
 */
export function sayBeforehand(bench: Workbench): void {
  sayCovariance(bench);
  sayFewRows(idSafe(bench.suite.test), "safe ID test rows", HEADLINE_FPR, bench.options.say);
}

function idSafe(rows: readonly Row[]): number {
  const known: readonly string[] = ID_DOMAINS;
  return rows.filter(({ malign, domain }) => malign === 0 && known.includes(domain)).length;
}
