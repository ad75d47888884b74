import { Schema } from "effect"

/** What a finding is about, in the order in which findings are shown. */
export const Area = Schema.Literal(
  "node",
  "clock",
  "settings",
  "tracker",
  "repository",
  "worktrees",
  "runner",
  "provider",
  "state",
  "journal",
  "room",
  "memory",
  "schedule",
  "time-outs",
  "alerts",
  "watcher"
)
export type Area = typeof Area.Type

/**
 * One answer of `doctor`.
 *
 * @example
 * Finding.make({ level: "ok", area: "tracker", what: "bd 1.0.3 reads the database" })
 */
export const Finding = Schema.Struct({
  /**
   * `ok`: it was checked, and works. `warning`: a run starts, but something is amiss, or could not be found out. `problem`: a run
   * would not start, or not do its work. `none`: nothing is set here.
   */
  level: Schema.Literal("ok", "warning", "problem", "none"),
  area: Area,
  /** What was found, and what follows from it: one line. */
  what: Schema.String,
  /** The command, or the setting, that mends it. */
  mend: Schema.optional(Schema.String)
})
export type Finding = typeof Finding.Type

export const ok = (area: Area, what: string): Finding => ({ level: "ok", area, what })
export const none = (area: Area, what: string, mend: string): Finding => ({ level: "none", area, what, mend })
export const warning = (area: Area, what: string, mend?: string): Finding => ({
  level: "warning",
  area,
  what,
  ...(mend === undefined ? {} : { mend })
})
export const problem = (area: Area, what: string, mend: string): Finding => ({ level: "problem", area, what, mend })

/** The environment in which everything was checked. */
export const CheckedAs = Schema.Struct({
  /** How it is known: by the crontab's line and its script, or as what it was assumed. */
  from: Schema.String,
  /** Whether it was assumed, because no line of the crontab tells. */
  assumed: Schema.Boolean,
  path: Schema.String,
  home: Schema.String,
  shell: Schema.String,
  /** Where the run starts. */
  directory: Schema.String
})
export type CheckedAs = typeof CheckedAs.Type

/**
 * What `doctor --json` prints.
 *
 * @example
 * Schema.decodeUnknown(Schema.parseJson(Diagnosis))(json) // what `doctor --json` printed
 */
export const Diagnosis = Schema.Struct({
  checkedAs: CheckedAs,
  findings: Schema.Array(Finding),
  problems: Schema.Int,
  warnings: Schema.Int,
  /** 1 if there is a problem, else 0. */
  exit: Schema.Int
})
export type Diagnosis = typeof Diagnosis.Type
