import { DateTime } from "effect"
import type { Probation } from "./Health.ts"
import type { Outcome } from "./Outcome.ts"
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

const quote = (value: string): string => {
  const flat = oneLine(value)
  return flat === "" || /[\s"=]/.test(flat) ? `"${flat.replace(/\\/g, "\\\\").replace(/"/g, '\\"')}"` : flat
}

/** The line of one bug's outcome. */
export const outcomeEvent = (outcome: Outcome): LogEvent => {
  switch (outcome._tag) {
    case "Dispatched":
      return new LogEvent("✅", "DISPATCH_SUCCESS", [
        ["beads", outcome.beads],
        ["provider", outcome.provider],
        ["duration_ms", Math.round(outcome.durationMs)]
      ])
    case "Failed":
      return new LogEvent("❌", "DISPATCH_FAILURE", [
        ["beads", outcome.beads],
        ["provider", outcome.provider ?? "none"],
        ["code", outcome.code],
        ["error", outcome.error],
        ["duration_ms", Math.round(outcome.durationMs)]
      ])
    case "Skipped":
      return new LogEvent("⏭️", "DISPATCH_SKIPPED", [
        ["beads", outcome.beads],
        ["reason", outcome.reason]
      ])
    case "Planned":
      return new LogEvent("📝", "DISPATCH_PLANNED", [
        ["beads", outcome.beads],
        ["provider", outcome.provider]
      ])
  }
}

/** The chain passed over one provider and tries the next. */
export const fallbackEvent = (from: string, to: string, reason: string): LogEvent =>
  new LogEvent("⚠️", "PROVIDER_FALLBACK", [
    ["from", from],
    ["to", to],
    ["reason", reason]
  ])

/** A provider whose jobs keep failing is tried last, one job at a time, until `until` or until a job ends well. */
export const probationEvent = ({ failures, latest, provider, until }: Probation): LogEvent =>
  new LogEvent("⚠️", "PROVIDER_PROBATION", [
    ["provider", provider],
    ["failures", failures],
    ["until", DateTime.formatIso(DateTime.unsafeMake(until))],
    ["reason", latest]
  ])

/** This run did nothing, because another run of the same state directory is active. */
export const skippedRunEvent = (run: string, holder: string): LogEvent =>
  new LogEvent("⏭️", "RUN_SKIPPED", [
    ["run", run],
    ["reason", "locked"],
    ["holder", holder]
  ])

/** The run's last line. */
export const summaryEvent = (report: RunReport): LogEvent =>
  new LogEvent("", "RUN_SUMMARY", [
    ["run", report.run],
    ["fetched", report.fetched],
    ["chosen", report.chosen],
    ["dispatched", report.dispatched],
    ["failed", report.failed],
    ["skipped", report.skipped],
    ["settled", report.settled],
    ["exit", report.exit],
    ["duration_ms", Math.round(report.durationMs)]
  ])
