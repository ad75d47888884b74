import { Record } from "effect"

/** What a metric is, and the names of its labels. */
export interface Family {
  readonly kind: "counter" | "gauge" | "histogram"
  readonly help: string
  readonly labels: ReadonlyArray<string>
  /** The upper bounds of a histogram's buckets, without the last, which is infinite. Seconds. */
  readonly bounds?: ReadonlyArray<number>
}

const MINUTE = 60
const HOUR = 3600

/**
 * Every metric. Labels have few values: provider names are those of the settings, and no label holds an id or the text of a tool.
 * Other names fold into `other`.
 */
export const FAMILIES = {
  nightly_dispatch_runs_total: {
    kind: "counter",
    help: "Runs that ended, by exit code; `interrupted` by a signal. Without dry runs and skipped runs.",
    labels: ["exit"]
  },
  nightly_dispatch_runs_skipped_total: {
    kind: "counter",
    help: "Runs that did nothing because another run was active.",
    labels: []
  },
  nightly_dispatch_dispatches_total: {
    kind: "counter",
    help: "Dispatches, by the provider that was tried last and by result.",
    labels: ["provider", "result"]
  },
  nightly_dispatch_dispatch_failures_total: {
    kind: "counter",
    help: "Dispatches that failed, by code.",
    labels: ["code"]
  },
  nightly_dispatch_jobs_ended_total: {
    kind: "counter",
    help: "Jobs that ended, by provider and end. A job counts once, also if several processes tell of its end.",
    labels: ["provider", "end"]
  },
  nightly_dispatch_fallbacks_total: {
    kind: "counter",
    help: "Times that the chain of providers passed over one and tried the next.",
    labels: ["from", "to"]
  },
  nightly_dispatch_run_duration_seconds: {
    kind: "histogram",
    help: "How long runs took.",
    labels: [],
    bounds: [5, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, 50 * MINUTE]
  },
  nightly_dispatch_dispatch_duration_seconds: {
    kind: "histogram",
    help: "How long dispatches took, from the re-read of the bug to the acknowledgement or the failure.",
    labels: ["result"],
    bounds: [1, 2, 5, 10, 20, 30, MINUTE, 2 * MINUTE, 5 * MINUTE]
  },
  nightly_dispatch_job_duration_seconds: {
    kind: "histogram",
    help: "How long jobs ran.",
    labels: ["provider"],
    bounds: [MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE, HOUR, 1.5 * HOUR, 2 * HOUR, 4 * HOUR]
  },
  nightly_dispatch_source_up: {
    kind: "gauge",
    help: "Whether journal, tracker and runner could be read for the gauges. Gauges of one that could not are left out.",
    labels: ["source"]
  },
  nightly_dispatch_provider_state: {
    kind: "gauge",
    help: "1 for the state that the provider has, else 0.",
    labels: ["provider", "state"]
  },
  nightly_dispatch_bugs: {
    kind: "gauge",
    help: "Open bugs that a run would choose now, and those that it would leave alone.",
    labels: ["plan"]
  },
  nightly_dispatch_oldest_waiting_bug_age_seconds: {
    kind: "gauge",
    help: "Age of the oldest bug that only waits for a run; 0 if there is none.",
    labels: []
  },
  nightly_dispatch_review_waiting: {
    kind: "gauge",
    help: "Work that waits for a person to review it.",
    labels: []
  },
  nightly_dispatch_oldest_review_age_seconds: {
    kind: "gauge",
    help: "How long the oldest of that work has waited; 0 if there is none.",
    labels: []
  },
  nightly_dispatch_running_jobs: { kind: "gauge", help: "Jobs that may be working now.", labels: [] },
  nightly_dispatch_last_run_timestamp_seconds: {
    kind: "gauge",
    help: "When the last run that ended did end, in seconds since the epoch.",
    labels: []
  },
  nightly_dispatch_last_run_exit_code: { kind: "gauge", help: "The exit code of that run.", labels: [] }
} as const satisfies Readonly<Record<string, Family>>

export type FamilyName = keyof typeof FAMILIES

/** The values of a family's labels. */
export type LabelsOf<F extends FamilyName> = Readonly<Record<(typeof FAMILIES)[F]["labels"][number], string>>

/** One value of a metric: what a counter grows by, what a histogram observed, or what a gauge shows. */
export interface Sample {
  readonly family: FamilyName
  /** In the order of the family. */
  readonly labels: ReadonlyArray<readonly [name: string, value: string]>
  readonly value: number
}

/** All families by name, in the order in which they are printed. */
export const families: ReadonlyArray<readonly [FamilyName, Family]> = Record.toEntries(FAMILIES)

export const familyOf = (name: FamilyName): Family => FAMILIES[name]

/**
 * A sample whose labels are those of its family.
 *
 * @example
 * sample("nightly_dispatch_runs_total", { exit: "0" })
 */
export const sample = <F extends FamilyName>(family: F, labels: LabelsOf<F>, value = 1): Sample => {
  const values: Readonly<Record<string, string>> = labels
  return { family, labels: familyOf(family).labels.map((name) => [name, values[name] ?? ""] as const), value }
}
