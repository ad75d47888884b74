import * as Options from "@effect/cli/Options"

/** The variable that names the file, too. */
export const METRICS_FILE = "NIGHTLY_DISPATCH_METRICS_FILE"

/** The option of the commands that can write metrics. */
export const metricsFile = Options.file("metrics-file").pipe(
  Options.optional,
  Options.withDescription(
    `Write metrics for Prometheus to this file, for the textfile collector of node_exporter; else ${METRICS_FILE}`
  )
)
