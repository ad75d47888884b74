import { Either, Option, Schema } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { RunId } from "../../domain/Ids.ts"
import { SkipReason } from "../../domain/Outcome.ts"
import { Pause } from "../../domain/Pause.ts"
import type { Repository } from "../../domain/Repository.ts"
import { RunEndTag } from "../../domain/RunEnd.ts"
import { nextTick } from "../../domain/schedule.ts"
import { oneLine } from "../../domain/Text.ts"
import { waitsForReview } from "../../domain/Ending.ts"
import { skippedOf } from "../needs/forBugs.ts"
import { jobsOf, ShownJob } from "../needs/jobs.ts"
import { shownHostsOf, ShownHost } from "../fleet/shownHosts.ts"
import { judgeInputOf, lastRunOf, overdueOf } from "../needs/lastRun.ts"
import { Need, type NeedKind } from "../needs/Need.ts"
import { needsOf } from "../needs/needsOf.ts"
import { fleetOf, pausedOf, type NightFacts } from "../needs/NightFacts.ts"
import { providersOf, ShownProvider } from "../needs/providers.ts"
import type { EndedJob } from "../../journal/JournalQueries.ts"
import { judgeTicks } from "../schedule/judge.ts"

const Time = Schema.JsonNumber

/**
 * What `status --json` prints. All times are milliseconds since the epoch.
 *
 * @example
 * Schema.decodeUnknown(Schema.parseJson(StatusView))(json) // what `status --json` printed
 */
export const StatusView = Schema.Struct({
  at: Time,
  host: Schema.String,
  repository: Schema.Struct({ name: Schema.String, path: Schema.String }),
  /** 0: nothing needs a person. 1: something does. 3: a run is overdue, the last one failed, or the journal cannot be read. */
  exit: Schema.Int,
  /** Absent: there was no run, or the journal cannot be read. `cut_short`: it was killed, or it hangs. */
  lastRun: Schema.optional(
    Schema.Struct({
      run: RunId,
      /** Where it was; absent if no other host uses the journal. */
      host: Schema.optional(Schema.String),
      state: Schema.Literal("active", "ok", "failed", "cut_short"),
      began: Time,
      ended: Schema.optional(Time),
      /** How it ended; absent also of a run of an earlier version. */
      end: Schema.optional(RunEndTag),
      exit: Schema.optional(Schema.Int),
      error: Schema.optional(Schema.String)
    })
  ),
  schedule: Schema.Struct({
    text: Schema.optional(Schema.String),
    from: Schema.optional(Schema.Literal("settings", "crontab", "systemd", "launchd")),
    /** Where it was found, or why it is not known. */
    why: Schema.String
  }),
  /** The pause that is in force: runs dispatch nothing, and settle. */
  paused: Schema.optional(Pause),
  /** Each budget of this night that is set, in words. */
  budget: Schema.optional(Schema.Array(Schema.String)),
  overdueSince: Schema.optional(Time),
  nextRun: Schema.optional(Time),
  /** Why the next night is not safe. Empty: it is, as far as this can tell. */
  unsafe: Schema.Array(Schema.String),
  /** The last 24 hours, or since the first run that is known. Absent if the journal cannot be read. */
  recent: Schema.optional(
    Schema.Struct({
      since: Time,
      /** Absent if the schedule is not known. */
      ticks: Schema.optional(
        Schema.Struct({ due: Schema.Int, came: Schema.Int, late: Schema.Int, missed: Schema.Array(Time) })
      ),
      started: Schema.Int,
      /** The jobs that ended with work, which still waits for a person's decision. */
      forReview: Schema.Int,
      /** The jobs that ended and left nothing to review. */
      failed: Schema.Int
    })
  ),
  /** The hosts that share the journal: all figures are of all of them. Absent if no other host does. */
  hosts: Schema.optional(Schema.Array(ShownHost)),
  needs: Schema.Array(Need),
  running: Schema.Array(ShownJob),
  /** How long a job may run, in milliseconds. */
  maxRuntime: Time,
  providers: Schema.Array(ShownProvider),
  leftAlone: Schema.Struct({
    /** `now`: what the next run would leave alone. `last_run`: what the last one did, because the present cannot be told. */
    as: Schema.Literal("now", "last_run"),
    bugs: Schema.Array(Schema.Struct({ beads: Schema.String, reason: SkipReason, detail: Schema.String }))
  })
})
export type StatusView = typeof StatusView.Type

/** For whom and where the view is made. `program`: what an operator types, up to the command's name. */
export interface StatusPlace {
  readonly host: string
  readonly repository: Repository
  readonly program: string
}

const DAY = 86_400_000

const UNSAFE: ReadonlySet<NeedKind> = new Set(["overdue", "journal", "tracker", "runner", "no_provider"])
const FAILED: ReadonlySet<NeedKind> = new Set(["overdue", "last_run_failed", "journal"])

const exitOf = (needs: ReadonlyArray<Need>): number =>
  needs.some(({ kind }) => FAILED.has(kind)) ? EXIT.failed : needs.length > 0 ? EXIT.no : EXIT.ok

const recentOf = (facts: NightFacts): StatusView["recent"] => {
  const { journal, now } = facts
  if (Either.isLeft(journal)) return undefined
  const { runs } = journal.right
  // Before the first run that is known, nobody can tell whether the program was installed.
  const since = Math.max(now - DAY, Math.min(now, ...runs.map(({ began }) => began)))
  const ended = journal.right.ended.filter(({ changed }) => changed >= since)
  const withWork = ended.filter(waitsForReview)
  const stillWaits = ({ beads, changed }: EndedJob) =>
    facts.waiting.some((attempt) => attempt.beads === beads && attempt.changed === changed)
  const input = judgeInputOf(facts)
  return {
    since,
    ...(input === undefined || runs.length === 0 ? {} : { ticks: judgeTicks({ ...input, since, until: now + 1 }) }),
    started: runs.filter(({ began }) => began >= since).reduce((sum, { dispatched }) => sum + dispatched, 0),
    forReview: withWork.filter(stillWaits).length,
    failed: ended.length - withWork.length
  }
}

/**
 * The answers of `status`, from the facts. Pure.
 *
 * @example
 * statusView(yield* gatherFacts(options), { host, repository, program: "nightly-dispatch" }).exit // 0
 */
export const statusView = (facts: NightFacts, { host, program, repository }: StatusPlace): StatusView => {
  const { maxRuntime, now, schedule } = facts
  const last = lastRunOf(facts)
  const [fleet, hosts] = [fleetOf(facts), shownHostsOf(facts)]
  const needs = needsOf(facts, program)
  const isPlanned = Either.isRight(facts.tracker) && Either.isRight(facts.tracker.right.skipped)
  return {
    at: now,
    host,
    repository,
    exit: exitOf(needs),
    lastRun:
      last === undefined
        ? undefined
        : {
            run: last.run,
            ...(fleet === undefined ? {} : { host: last.host }),
            state: last.state,
            began: last.began,
            ended: last.ended,
            end: last.end,
            exit: last.exit,
            error: last.error === undefined ? undefined : oneLine(last.error)
          },
    schedule: { text: schedule.schedule?.text, from: schedule.from, why: schedule.why },
    paused: pausedOf(facts),
    budget: facts.budget?.words,
    overdueSince: overdueOf(facts),
    nextRun: schedule.schedule && Option.getOrUndefined(nextTick(schedule.schedule, now)),
    unsafe: needs.filter(({ kind }) => UNSAFE.has(kind)).map(({ what }) => what),
    recent: recentOf(facts),
    ...(hosts === undefined ? {} : { hosts }),
    needs,
    running: jobsOf(facts),
    maxRuntime,
    providers: providersOf(facts),
    leftAlone: {
      as: isPlanned ? "now" : "last_run",
      bugs: skippedOf(facts)
        .filter(({ reason }) => reason !== "running")
        .map(({ beads, detail, reason }) => ({ beads, reason, detail: oneLine(detail) }))
    }
  }
}
