import { DateTime, LogLevel } from "effect"
import type { Event } from "./Event.ts"
import type { JobEnd } from "./JobEnd.ts"
import type { PruneReport } from "./PruneReport.ts"
import type { RunReport } from "./RunReport.ts"
import { oneLine } from "./Text.ts"

/**
 * A log line that monitoring greps for: a mark, a name, and `key=value` pairs in a fixed order.
 *
 * @example
 * String(new LogEvent("⏭️", "RUN_SKIPPED", [["reason", "locked"]])) // "⏭️ RUN_SKIPPED reason=locked"
 */
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

const line = (mark: string, name: string, fields: Readonly<Record<string, string | number>>): LogEvent =>
  new LogEvent(mark, name, Object.entries(fields))

const quote = (value: string): string => {
  const flat = oneLine(value)
  return flat === "" || /[\s"=]/.test(flat) ? `"${flat.replace(/\\/g, "\\\\").replace(/"/g, '\\"')}"` : flat
}

/** While it is open whether the bug is to blame, the blame is `undecided`. If a person is needed, it is `none`. */
const jobLine = (job: JobEnd): LogEvent => {
  const {
    beads,
    needs,
    blame = needs === undefined ? "undecided" : "none",
    branch = "none",
    commits = "unknown",
    detail: error,
    end,
    log = "none",
    provider,
    verified = "none"
  } = job
  const duration_ms = Math.round(job.durationMs)
  if (end === "succeeded")
    return line("✅", "JOB_SUCCEEDED", { beads, provider, branch, commits, verified, duration_ms })
  const checked = job.verified === undefined ? {} : { verified }
  const needed = needs === undefined ? {} : { needs: needs.kind }
  return line("❌", "JOB_FAILED", { beads, provider, end, ...needed, ...checked, blame, error, log, duration_ms })
}

const prunedLine = ({ alerts, attempts, kept, left, logs, runs, worktrees }: PruneReport): LogEvent =>
  line("", "PRUNED", {
    runs,
    attempts,
    alerts,
    logs: logs.jobs,
    bytes: logs.bytes,
    worktrees,
    kept: kept.reduce((sum, { bugs }) => sum + bugs.length, 0),
    left
  })

const summaryLine = (report: RunReport): LogEvent => {
  const { chosen, dispatched, ended, exit, failed, fetched, malformed, repository, run, running, settled, skipped } =
    report
  const jobs_succeeded = ended.filter(({ end }) => end === "succeeded").length
  return line("", "RUN_SUMMARY", {
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
    duration_ms: Math.round(report.durationMs),
    ...(repository === undefined ? {} : { repo: repository })
  })
}

/**
 * The line of an event; `undefined` if it has none.
 *
 * @example
 * lineOf({ _tag: "RunSkipped", run, holder: "process 4711" })?.name // "RUN_SKIPPED"
 */
export const lineOf = (event: Event): LogEvent | undefined => {
  switch (event._tag) {
    case "Dispatched": {
      const { beads, durationMs, provider } = event
      return line("✅", "DISPATCH_SUCCESS", { beads, provider, duration_ms: Math.round(durationMs) })
    }
    case "Failed": {
      const { beads, code, durationMs, error, provider = "none" } = event
      return line("❌", "DISPATCH_FAILURE", { beads, provider, code, error, duration_ms: Math.round(durationMs) })
    }
    case "Skipped":
      return line("⏭️", "DISPATCH_SKIPPED", { beads: event.beads, reason: event.reason, detail: event.detail })
    case "Planned":
      return line("📝", "DISPATCH_PLANNED", { beads: event.beads, provider: event.provider })
    case "JobEnded":
      return jobLine(event.job)
    case "ProviderFallback":
      return line("⚠️", "PROVIDER_FALLBACK", { from: event.from, to: event.to, reason: event.reason })
    case "ProviderProbation": {
      const { failures, latest: reason, provider } = event
      const until = DateTime.formatIso(DateTime.unsafeMake(event.until))
      return line("⚠️", "PROVIDER_PROBATION", { provider, failures, until, reason })
    }
    case "RunSkipped":
      return line("⏭️", "RUN_SKIPPED", { run: event.run, reason: "locked", holder: event.holder })
    case "Pruned":
      return prunedLine(event.report)
    case "RunEnded":
      // An interrupted run has logged what it leaves, and its exit is that of the signal.
      return event.report.end._tag === "interrupted" ? undefined : summaryLine(event.report)
    case "AlertRaised": {
      const { beads = "none", change, kind, what } = event.message
      return line("🔔", "ALERT", { kind, change, beads, what })
    }
    case "RunBegun":
    case "PlanMade":
    case "StepBegun":
    case "Claimed":
      return undefined
  }
}

const { Error, Info, Warning } = LogLevel

/**
 * The level of an event's line. A job that a person stopped is no error.
 *
 * @example
 * levelOf({ _tag: "RunSkipped", run, holder: "process 4711" }) // LogLevel.Warning
 */
export const levelOf = (event: Event): LogLevel.LogLevel => {
  switch (event._tag) {
    case "Failed":
      return Error
    case "JobEnded":
      return event.job.end === "succeeded" ? Info : event.job.end === "stopped" ? Warning : Error
    case "ProviderFallback":
    case "ProviderProbation":
    case "RunSkipped":
      return Warning
    default:
      return Info
  }
}
