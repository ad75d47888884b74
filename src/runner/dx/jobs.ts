import { DateTime, Option, Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { Job, type JobPhase } from "../../domain/Job.ts"
import { ProviderName } from "../../domain/Provider.ts"

/** A word of the runner's JSON. `-` and the empty text mean that there is none; numbers come quoted and bare. */
const Word = Schema.optional(
  Schema.transform(Schema.Union(Schema.String, Schema.Number, Schema.Null), Schema.UndefinedOr(Schema.String), {
    decode: (word) => (word === null || word === "" || word === "-" ? undefined : String(word)),
    encode: (word) => word ?? "-"
  })
)

const Report = Schema.Struct({
  beads: BeadsId,
  provider: ProviderName,
  state: Word,
  reason_code: Word,
  started_at: Word,
  duration_sec: Word,
  exit_code: Word,
  outcome_state: Word,
  outcome_reason_code: Word,
  run_instance: Word,
  worktree: Word
})
type Report = typeof Report.Type

const Row = Schema.Struct({
  beads: BeadsId,
  provider: ProviderName,
  pid: Word,
  state: Word,
  reason_code: Word,
  elapsed: Word,
  worktree: Word,
  run_instance: Word,
  outcome: Word
})

/** One row of `status --json`. */
export interface StatusRow {
  readonly job: Job
  /** How long ago the pid was written down, in seconds, rounded down; at most as old as the process. */
  readonly age: number | undefined
}

const whole = (word: string | undefined): number | undefined =>
  word !== undefined && /^-?\d{1,15}$/.test(word) ? Number(word) : undefined

const millis = (word: string | undefined): number | undefined =>
  word === undefined ? undefined : Option.getOrUndefined(Option.map(DateTime.make(word), DateTime.toEpochMillis))

/** States of a job that no process works on any more. Any other word without an outcome is a living job's. */
const DEAD = new Set(["missing", "start_failed", "exited_ok", "exited_err", "no_op_success", "stopped"])

/** Reasons with which an exit code 0 is the agent's own. A refused start leaves `success`, 0 and another reason. */
const AGENTS_OWN = new Set(["process_exit_with_rc", "late_finalize_from_rc_file"])

// A word without an outcome that is not known to be dead counts as living: to believe a dead job alive costs an hour, to
// believe a living one dead costs a second agent on the same bug.
const unfinished = (state: string | undefined, reason: string | undefined): JobPhase => {
  if (state === undefined || DEAD.has(state) || reason === "process_exited_no_output") return "gone"
  return state === "stalled" ? "stalled" : "running"
}

const finished = (outcome: string, exitCode: string | undefined, reason: string | undefined): JobPhase => {
  if (outcome === "killed" || reason === "manual_stop") return "stopped"
  if (outcome === "no_op" || reason === "no_commit_artifact") return "no_op"
  return outcome === "success" && exitCode === "0" && reason !== undefined && AGENTS_OWN.has(reason)
    ? "succeeded"
    : "failed"
}

const jobOf = (report: Report): Job => {
  const outcome = report.outcome_state
  const startedAt = millis(report.started_at)
  const duration = whole(report.duration_sec)
  return Job.make({
    beads: report.beads,
    provider: report.provider,
    phase:
      outcome === undefined
        ? unfinished(report.state, report.reason_code)
        : finished(outcome, report.exit_code, report.outcome_reason_code),
    runInstance: report.run_instance,
    exitCode: outcome === undefined ? undefined : whole(report.exit_code),
    reason: report.outcome_reason_code ?? report.reason_code,
    worktree: report.worktree,
    startedAt,
    endedAt:
      outcome === undefined || startedAt === undefined || duration === undefined
        ? undefined
        : startedAt + duration * 1000
  })
}

/**
 * The job that `report --format json` tells of; nothing when the text is no report. The verdict is the outcome's, never
 * `state`: on the newer revision asking turns a success into `no_op_success`.
 */
export const reportedJob = (stdout: string): Job | undefined =>
  Option.getOrUndefined(Option.map(Schema.decodeUnknownOption(Schema.parseJson(Report))(stdout), jobOf))

/** Whether this is what a refused start leaves behind: exit code 0 and yet no success. Nothing was launched. */
export const neverLaunched = (job: Job): boolean => job.phase === "failed" && job.exitCode === 0

/** `45s`, `3m4s`, `1h2m`, `2d 3h` → seconds. */
const seconds = (elapsed: string | undefined): number | undefined => {
  const match = /^(?:(\d{1,4})d)? ?(?:(\d{1,6})h)? ?(?:(\d{1,6})m)? ?(?:(\d{1,9})s)?$/.exec(elapsed ?? "?")
  const [, days = "0", hours = "0", minutes = "0", rest = "0"] = match ?? []
  return match === null ? undefined : Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)
}

const decodeRow = Schema.decodeUnknownOption(Row)
const decodeStatus = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({ jobs: Schema.Array(Schema.Unknown) })))

/**
 * The rows of `status --json`; nothing when the text is no status. A row that cannot be read is left out, and so is the
 * phantom `<issue>.child` that the newer revision lists beside a gemini job.
 */
export const statusRows = (stdout: string): ReadonlyArray<StatusRow> | undefined =>
  Option.getOrUndefined(
    Option.map(decodeStatus(stdout), ({ jobs }) =>
      jobs.flatMap((value) => {
        const row = Option.getOrUndefined(decodeRow(value))
        if (row === undefined || row.beads.endsWith(".child")) return []
        const pid = whole(row.pid)
        const job = Job.make({
          beads: row.beads,
          provider: row.provider,
          phase: row.outcome === undefined ? unfinished(row.state, row.reason_code) : "gone",
          pid: pid !== undefined && pid > 1 ? pid : undefined,
          runInstance: row.run_instance,
          reason: row.reason_code,
          worktree: row.worktree
        })
        return [{ job, age: seconds(row.elapsed) }]
      })
    )
  )
