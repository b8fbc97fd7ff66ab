/**
 * The front door: what experiments of your own import. What is not here is internal, and may change without notice. It loads ONNX
 * Runtime, and so needs `--allow-ffi`, and `--allow-env=ORT_DISABLE_TELEMETRY` to keep that from telling its maker of it.
 *
 * @module
 */

// an experiment: what it is, its findings' schema, and how it runs
export { defineExperiment } from "./lib/experiment/experiment.ts";
export * from "./lib/experiment/findings_schema.ts";
export { runAsScript } from "./lib/experiment/run_as_script.ts";

// what a workbench gives: suites, models, signals, and scores of the usual monitors
export type { Row } from "./lib/conversation/row.ts";
export type { Suite } from "./lib/conversation/suite.ts";
export type { RunOptions, TrainedModel, Workbench } from "./lib/workbench/workbench.ts";
export { openWorkbench } from "./lib/workbench/open_workbench.ts";
export { featureScores, guardScores, perplexityScores } from "./lib/workbench/scores.ts";

// detectors, calibration and fusion: plain functions
export type { Detector, Features } from "./lib/detector/detector.ts";
export { fitMahalanobis } from "./lib/detector/mahalanobis.ts";
export { combineLambda, fitLambda } from "./lib/detector/fusion.ts";

// figures with intervals, and paired differences between them
export { contrastsOf, recallContrasts } from "./lib/evaluation/contrasts.ts";
export { evaluate, RECALL, type SeedScores } from "./lib/evaluation/evaluation.ts";
export { contrastIn, figureIn } from "./lib/evaluation/findings.ts";

// what readers see
export { comparison, percentOf } from "./lib/experiment/reading.ts";
export { recallFigure, recallTable } from "./lib/experiment/recall_table.ts";
export { type Figure, renderFigure } from "./lib/report/figure.ts";
export { renderTable, type Table } from "./lib/report/table.ts";

// named random streams, files of JSON Lines, errors with a remedy
export { stream } from "./lib/core/random.ts";
export { UserError } from "./lib/core/errors.ts";
export { streamJsonl } from "./lib/conversation/jsonl.ts";
