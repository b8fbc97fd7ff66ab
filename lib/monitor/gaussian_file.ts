/**
 * What Mahalanobis distance was fitted to, in a file. A float64 is kept as a float32 and the rest as another, which together hold
 * 48 of its 53 bits.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import type { Gaussian } from "../detector/mahalanobis.ts";
import type { Parameter } from "../model/parameters.ts";
import { readSafetensors, writeSafetensors } from "../model/safetensors.ts";

/**
 * Writes mean, Cholesky factor and shrinkage.
 *
 * @param path of the safetensors file.
 * @param gaussian what was fitted.
 */
export function writeGaussian(path: string, { mean, lower, shrinkage }: Gaussian): void {
  const d = mean.length;
  writeSafetensors(path, [
    ...inTwoParts("mean", [d], mean),
    ...inTwoParts("lower", [d, d], lower),
    ...inTwoParts("shrinkage", [1], Float64Array.of(shrinkage)),
  ]);
}

/**
 * Reads them again.
 *
 * @param path that {@linkcode writeGaussian} wrote.
 * @returns the same, but for 5 of 53 bits; throws a {@linkcode UserError} where one is missing.
 */
export function readGaussian(path: string): Gaussian {
  const { parameters } = readSafetensors(path);
  const whole = (name: string) => {
    const [data, rest] = [name, `${name}.rest`].map((part) => {
      const found = parameters.get(part);
      if (found !== undefined) return found.data;
      throw new UserError(
        `Cannot read "${path}": it must hold "${part}", got none`,
        "Fit it again.",
      );
    });
    return Float64Array.from(data, (x, k) => x + rest[k]);
  };
  return { mean: whole("mean"), lower: whole("lower"), shrinkage: whole("shrinkage")[0] };
}

function inTwoParts(name: string, shape: number[], values: Float64Array): Parameter[] {
  const data = Float32Array.from(values);
  const rest = Float32Array.from(values, (x, k) => x - data[k]);
  return [{ name, shape, data }, { name: `${name}.rest`, shape, data: rest }];
}
