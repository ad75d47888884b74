import { DateTime, Option, Schema } from "effect"
import { BeadsId } from "../../domain/Ids.ts"
import { Job, type JobPhase } from "../../domain/Job.ts"
import { ProviderName } from "../../domain/Provider.ts"

/** A word of dx-runner's JSON. `-` and the empty text mean `undefined`; numbers come quoted and bare. */
const Word = Schema.optional(
  Schema.transform(Schema.Union(Schema.String, Schema.Number, Schema.Null), Schema.UndefinedOr(Schema.String), {
    decode: (word) => (word === null || word === "" || word === "-" ? undefined : String(word)),
    encode: (word) => word ?? "-"
  })
)

const common = {
  beads: BeadsId,
  provider: ProviderName,
  state: Word,
  reason_code: Word,
  run_instance: Word,
  worktree: Word
}
const Row = Schema.Struct({ ...common, pid: Word, elapsed: Word, outcome: Word })
const Report = Schema.Struct({
  ...common,
  started_at: Word,
  duration_sec: Word,
  exit_code: Word,
  outcome_state: Word,
  outcome_reason_code: Word
})

/** One row of `status --json`. */
export interface StatusRow {
  readonly job: Job
  /** Seconds since dx-runner wrote the pid down, rounded down. The job's process is at least as old. */
  readonly age: number | undefined
}

const whole = (word: string | undefined): number | undefined =>
  word !== undefined && /^-?\d{1,15}$/.test(word) ? Number(word) : undefined

const millis = (word: string | undefined): number | undefined =>
  word === undefined ? undefined : Option.getOrUndefined(Option.map(DateTime.make(word), DateTime.toEpochMillis))

/** The groups `d`, `h`, `m` and `s` of a duration's pattern → seconds. `undefined` if the text does not match. */
export const secondsIn = (text: string | undefined, pattern: RegExp): number | undefined => {
  const groups = text === undefined ? undefined : pattern.exec(text)?.groups
  if (groups === undefined) return undefined
  const { d = "0", h = "0", m = "0", s = "0" } = groups
  return Number(d) * 86_400 + Number(h) * 3600 + Number(m) * 60 + Number(s)
}

/** `45s`, `3m4s`, `1h2m`, `2d 3h`. */
const ELAPSED = /^(?:(?<d>\d{1,4})d)? ?(?:(?<h>\d{1,6})h)? ?(?:(?<m>\d{1,6})m)? ?(?:(?<s>\d{1,9})s)?$/

/** States of a job without a process. */
const DEAD = new Set(["missing", "start_failed", "exited_ok", "exited_err", "no_op_success", "stopped"])

/** The reasons that dx-runner gives for an exit code 0 of the agent. A refused start has `success`, 0 and another reason. */
const AGENTS_OWN = new Set(["process_exit_with_rc", "late_finalize_from_rc_file"])

// Without an outcome, a job in an unknown state counts as live. A dead job taken for live costs an hour; a live job taken
// for dead gets the bug a second agent.
const unfinished = (state: string | undefined, reason: string | undefined): JobPhase => {
  if (state === undefined || DEAD.has(state) || reason === "process_exited_no_output") return "gone"
  return state === "stalled" ? "stalled" : "running"
}

const finished = (outcome: string, exitCode: string | undefined, reason: string | undefined): JobPhase => {
  if (outcome === "killed" || reason === "manual_stop") return "stopped"
  if (outcome === "no_op" || reason === "no_commit_artifact") return "no_op"
  const ownSuccess = outcome === "success" && exitCode === "0" && reason !== undefined && AGENTS_OWN.has(reason)
  return ownSuccess ? "succeeded" : "failed"
}

const fromReport = (report: typeof Report.Type): Job => {
  const { outcome_state: outcome, outcome_reason_code: reason } = report
  const startedAt = millis(report.started_at)
  const seconds = outcome === undefined ? undefined : whole(report.duration_sec)
  return Job.make({
    beads: report.beads,
    provider: report.provider,
    phase:
      outcome === undefined
        ? unfinished(report.state, report.reason_code)
        : finished(outcome, report.exit_code, reason),
    runInstance: report.run_instance,
    exitCode: outcome === undefined ? undefined : whole(report.exit_code),
    reason: reason ?? report.reason_code,
    worktree: report.worktree,
    startedAt,
    endedAt: startedAt === undefined || seconds === undefined ? undefined : startedAt + seconds * 1000
  })
}

/**
 * The job in `report --format json`. `undefined` if the text is no report. The outcome decides, never `state`: on the
 * newer revision each question turns the state `exited_ok` into `no_op_success`.
 */
export const reportedJob = (stdout: string): Job | undefined =>
  Option.getOrUndefined(Option.map(Schema.decodeUnknownOption(Schema.parseJson(Report))(stdout), fromReport))

/** Whether the agent's launcher recorded the exit code: `stopped` and `gone` are dx-runner's own words, not the launcher's. */
export const hasExitRecord = ({ phase, reason }: Job): boolean =>
  (phase === "succeeded" || phase === "failed" || phase === "no_op") &&
  reason !== undefined &&
  (AGENTS_OWN.has(reason) || reason === "no_commit_artifact")

/** Whether the job is only the record of a refused start: it failed with exit code 0, and nothing was launched. */
export const neverLaunched = (job: Job): boolean => job.phase === "failed" && job.exitCode === 0

/** `started_at` is in whole seconds. */
const ROUNDING = 2000

/** Whether the job is older than a start that began at `begun`: it has the previous run instance, or began earlier. */
export const isEarlier = (
  { runInstance, startedAt }: Job,
  start: { readonly previousRun: string | undefined; readonly begun: number }
): boolean =>
  (runInstance !== undefined && runInstance === start.previousRun) ||
  (startedAt !== undefined && startedAt + ROUNDING < start.begun)

const fromRow = (row: typeof Row.Type): StatusRow => {
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
  return { job, age: secondsIn(row.elapsed, ELAPSED) }
}

const decodeRow = Schema.decodeUnknownOption(Row)
const decodeStatus = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({ jobs: Schema.Array(Schema.Unknown) })))

/**
 * The rows of `status --json`. `undefined` if the text is no status. Leaves out rows that cannot be read, and the
 * phantom `<bug>.child` that the newer revision lists beside a gemini job.
 */
export const statusRows = (stdout: string): ReadonlyArray<StatusRow> | undefined =>
  Option.getOrUndefined(
    Option.map(decodeStatus(stdout), ({ jobs }) =>
      jobs.flatMap((row) =>
        Option.toArray(decodeRow(row))
          .filter(({ beads }) => !beads.endsWith(".child"))
          .map(fromRow)
      )
    )
  )
