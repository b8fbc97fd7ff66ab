/**
 * Mean and covariance of many rows, in float64 and in bounded memory. With a shift s near the mean,
 *
 *     S = Σ (x − s)(x − s)ᵀ − n δ δᵀ,   δ = mean − s,
 *
 * where s is the mean rounded to float32, so that x − s is exact in float64 but for its last bit. The products of a block of
 * rows are one ONNX graph; S is symmetric, so that only blocks on and below its diagonal are computed.
 *
 * Products of float32 would be twice as fast, but with variances from 1 to 1e-6 they move distances by 1e-4 (added in float64
 * over blocks of 64 rows still by 3e-5); these move them by 1e-11.
 *
 * @module
 */
import { sub } from "../graph/elementwise.ts";
import { constant, input, node, type Tensor } from "../graph/tensor.ts";
import { openSession, type Value } from "../runtime/session.ts";
import { type Features, requireFiniteFeatures, rowCount, rowOf } from "./detector.ts";

const BLOCK_ROWS = 2048; // rows in one run of the graph
const PANEL = 384; // columns whose products with all columns up to theirs are one multiplication

/** Sums over rows, from which covariances are estimated. */
export interface Moments {
  /** How many rows, n. */
  readonly rows: number;
  /** Mean, shape (d). */
  readonly mean: Float64Array;
  /** S = Σ (x − mean)(x − mean)ᵀ, shape (d, d). */
  readonly scatter: Float64Array;
}

/** An estimate that is shrunk towards a multiple of the identity. */
export interface ShrunkCovariance {
  /** Shape (d, d), in squared feature units. */
  readonly covariance: Float64Array;
  /** Share of the identity, from 0 to 1. */
  readonly shrinkage: number;
}

/**
 * Sums up rows.
 *
 * @param features shape (n, d), n >= 1, finite.
 * @param threads that multiply; the sums do not depend on it.
 * @returns mean and scatter.
 */
export async function moments(features: Features, threads: number): Promise<Moments> {
  const { data, width: d } = features;
  const rows = rowCount(features);
  const mean = meanOf(features);
  const shift = Float32Array.from(mean);
  const panels = panelsOf(d);
  await using session = await openSession(scatterGraph(d, panels), { threads });
  const into = Object.fromEntries(
    panels.flatMap(({ from, end }, p) =>
      ["high", "low"].map((part): [string, Value<Float32Array>] => {
        const dims = [end - from, end];
        return [`${part}${p}`, { data: new Float32Array(dims[0] * dims[1]), dims }];
      })
    ),
  );
  const scatter = new Float64Array(d * d);
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, rows - first);
    const block = data.subarray(first * d, (first + count) * d);
    await session.run({
      rows: { data: block, dims: [count, d] },
      shift: { data: shift, dims: [d] },
    }, into);
    panels.forEach(({ from, end }, p) =>
      addPanel(scatter, d, from, end, into[`high${p}`].data, into[`low${p}`].data)
    );
  }
  centre(scatter, rows, mean.map((m, j) => m - shift[j]));
  return { rows, mean, scatter };
}

/**
 * The covariance of a sample, unbiased.
 *
 * @param moments of n >= 2 rows.
 * @returns S / (n − 1), shape (d, d).
 */
export function sampleCovariance({ rows, scatter }: Moments): Float64Array {
  return scatter.map((s) => s / (rows - 1));
}

/**
 * Ledoit and Wolf's estimate (2004, "A well-conditioned estimator for large-dimensional covariance matrices"): with
 * C = S / n and m its mean variance, (1 − λ) C + λ m I, where λ = b² / d² weighs the error of C by its distance to m I:
 *
 *     d² = ‖C − m I‖²,   b² = min(d², (1/n²) Σ ‖(x − mean)(x − mean)ᵀ − C‖²)
 *
 * @param features the rows, shape (n, d).
 * @param moments of these rows.
 * @returns the estimate, positive definite unless all features are constant.
 */
export function ledoitWolf(
  features: Features,
  { rows, mean, scatter }: Moments,
): ShrunkCovariance {
  const d = mean.length;
  const squared = scatter.reduce((sum, s) => sum + (s / rows) ** 2, 0); // ‖C‖²
  const variance = trace(scatter, d) / rows / d; // m
  const distance = squared - d * variance ** 2; // d², as ⟨C, I⟩ = d m
  const error = (fourthPowers(features, mean) / rows - squared) / rows; // b², as ‖x xᵀ‖² = ‖x‖⁴
  const shrinkage = distance > 0 ? Math.min(1, Math.max(0, error / distance)) : 0;
  const covariance = scatter.map((s) => (1 - shrinkage) * s / rows);
  for (let j = 0; j < d; j++) covariance[j * d + j] += shrinkage * variance;
  return { covariance, shrinkage };
}

function meanOf(features: Features): Float64Array {
  const rows = rowCount(features);
  const sum = new Float64Array(features.width);
  for (let i = 0; i < rows; i++) {
    const row = rowOf(features, i);
    for (let j = 0; j < sum.length; j++) sum[j] += row[j];
  }
  if (!sum.every(Number.isFinite)) requireFiniteFeatures("take a covariance", features);
  return sum.map((s) => s / rows);
}

/** Σ ‖x − mean‖⁴. */
function fourthPowers(features: Features, mean: Float64Array): number {
  let total = 0;
  for (let i = 0; i < rowCount(features); i++) {
    const row = rowOf(features, i);
    let squared = 0;
    for (let j = 0; j < mean.length; j++) squared += (row[j] - mean[j]) ** 2;
    total += squared ** 2;
  }
  return total;
}

/** Columns `from` to `end`, exclusive. */
interface Panel {
  from: number;
  end: number;
}

function panelsOf(d: number): Panel[] {
  return Array.from({ length: Math.ceil(d / PANEL) }, (_, p) => ({
    from: p * PANEL,
    end: Math.min(d, (p + 1) * PANEL),
  }));
}

/**
 * The products of a block of rows: for each panel, its columns with all columns up to its end. A session gives float32
 * only, so each float64 product comes out in two parts, which together hold 48 of its 53 bits.
 */
function scatterGraph(d: number, panels: readonly Panel[]): Record<string, Tensor> {
  const centred = sub(toDouble(input("rows", ["n", d])), toDouble(input("shift", [d]))); // (n, d)
  return Object.fromEntries(panels.flatMap(({ from, end }, p): [string, Tensor][] => {
    const operands = [columns(centred, from, end), columns(centred, 0, end)];
    const product = node("Gemm", operands, { transA: 1 }, [end - from, end]);
    const high = toFloat(product);
    return [[`high${p}`, high], [`low${p}`, toFloat(sub(product, toDouble(high)))]];
  }));
}

// ONNX's numbers of the types. Inside a graph ONNX Runtime infers types by itself; a tensor's dtype is only read at its ends.
const toFloat = (x: Tensor) => node("Cast", [x], { to: 1 }, x.shape);
const toDouble = (x: Tensor) => node("Cast", [x], { to: 11 }, x.shape);

function columns(x: Tensor, from: number, end: number): Tensor {
  const at = (place: number) => constant(BigInt64Array.of(BigInt(place)), [1]);
  return node("Slice", [x, at(from), at(end), at(1)], {}, [x.shape[0], end - from]);
}

/** Adds a panel's products to its rows of S. */
function addPanel(
  scatter: Float64Array,
  d: number,
  from: number,
  end: number,
  high: Float32Array,
  low: Float32Array,
): void {
  for (let i = from, k = 0; i < end; i++) {
    for (let j = 0; j < end; j++, k++) scatter[i * d + j] += high[k] + low[k];
  }
}

/** Takes n δ δᵀ away, and copies what is below the diagonal to above it. */
function centre(scatter: Float64Array, rows: number, delta: Float64Array): void {
  const d = delta.length;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      scatter[i * d + j] -= rows * delta[i] * delta[j];
      scatter[j * d + i] = scatter[i * d + j];
    }
  }
}

function trace(matrix: Float64Array, d: number): number {
  let sum = 0;
  for (let j = 0; j < d; j++) sum += matrix[j * d + j];
  return sum;
}
