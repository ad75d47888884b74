import { DateTime } from "effect"
import type { Probation } from "./Health.ts"
import type { JobEnd } from "./JobEnd.ts"
import type { Outcome } from "./Outcome.ts"
import type { PruneReport } from "./PruneReport.ts"
import type { RunReport } from "./RunReport.ts"
import { oneLine } from "./Text.ts"

/** A log line that monitoring greps for: a mark, a name, and `key=value` pairs in a fixed order. */
export class LogEvent {
  readonly mark: string
  readonly name: string
  readonly fields: ReadonlyArray<readonly [key: string, value: string | number]>

  constructor(mark: string, name: string, fields: LogEvent["fields"]) {
    this.mark = mark
    this.name = name
    this.fields = fields
  }

  /** The line itself. A value that holds a space, a quote or an equals sign is quoted, so keys stay unambiguous. */
  toString(): string {
    const pairs = this.fields.map(([key, value]) => `${key}=${quote(String(value))}`)
    return [...(this.mark === "" ? [] : [this.mark]), this.name, ...pairs].join(" ")
  }
}

const event = (mark: string, name: string, fields: Readonly<Record<string, string | number>>): LogEvent =>
  new LogEvent(mark, name, Object.entries(fields))

const quote = (value: string): string => {
  const flat = oneLine(value)
  return flat === "" || /[\s"=]/.test(flat) ? `"${flat.replace(/\\/g, "\\\\").replace(/"/g, '\\"')}"` : flat
}

/** The line of one bug's outcome. */
export const outcomeEvent = (outcome: Outcome): LogEvent => {
  const { beads } = outcome
  switch (outcome._tag) {
    case "Dispatched": {
      const duration_ms = Math.round(outcome.durationMs)
      return event("✅", "DISPATCH_SUCCESS", { beads, provider: outcome.provider, duration_ms })
    }
    case "Failed": {
      const { code, durationMs, error, provider = "none" } = outcome
      return event("❌", "DISPATCH_FAILURE", { beads, provider, code, error, duration_ms: Math.round(durationMs) })
    }
    case "Skipped":
      return event("⏭️", "DISPATCH_SKIPPED", { beads, reason: outcome.reason, detail: outcome.detail })
    case "Planned":
      return event("📝", "DISPATCH_PLANNED", { beads, provider: outcome.provider })
  }
}

/** The line of a job that has ended. While it is open whether the bug is to blame, the blame is `undecided`. */
export const jobEvent = (job: JobEnd): LogEvent => {
  const {
    beads,
    blame = "undecided",
    branch = "none",
    commits = "unknown",
    detail: error,
    end,
    log = "none",
    provider,
    verified = "none"
  } = job
  const duration_ms = Math.round(job.durationMs)
  if (end === "succeeded") {
    return event("✅", "JOB_SUCCEEDED", { beads, provider, branch, commits, verified, duration_ms })
  }
  const checked = job.verified === undefined ? {} : { verified }
  return event("❌", "JOB_FAILED", { beads, provider, end, ...checked, blame, error, log, duration_ms })
}

/** The chain passed over one provider and tries the next. */
export const fallbackEvent = (from: string, to: string, reason: string): LogEvent =>
  event("⚠️", "PROVIDER_FALLBACK", { from, to, reason })

/** A provider whose jobs keep failing is tried last, one job at a time, until `until` or until a job ends well. */
export const probationEvent = ({ failures, latest, provider, until }: Probation): LogEvent => {
  const end = DateTime.formatIso(DateTime.unsafeMake(until))
  return event("⚠️", "PROVIDER_PROBATION", { provider, failures, until: end, reason: latest })
}

/** This run did nothing, because another run of the same state directory is active. */
export const skippedRunEvent = (run: string, holder: string): LogEvent =>
  event("⏭️", "RUN_SKIPPED", { run, reason: "locked", holder })

/** What a run removed because it was old; see `retention`. */
export const pruneEvent = ({ alerts, attempts, kept, left, logs, runs, worktrees }: PruneReport): LogEvent =>
  event("", "PRUNED", {
    runs,
    attempts,
    alerts,
    logs: logs.jobs,
    bytes: logs.bytes,
    worktrees,
    kept: kept.reduce((sum, { bugs }) => sum + bugs.length, 0),
    left
  })

/** The run's last line. */
export const summaryEvent = (report: RunReport): LogEvent => {
  const { chosen, dispatched, ended, exit, failed, fetched, malformed, run, running, settled, skipped } = report
  const jobs_succeeded = ended.filter(({ end }) => end === "succeeded").length
  return event("", "RUN_SUMMARY", {
    run,
    fetched,
    chosen,
    dispatched,
    failed,
    skipped,
    malformed,
    jobs_succeeded,
    jobs_failed: ended.length - jobs_succeeded,
    running,
    settled,
    exit,
    duration_ms: Math.round(report.durationMs)
  })
}
