import { Effect, Layer, TestClock } from "effect"
import * as dryRun from "../../src/dispatch/attempt/dryRun.ts"
import { nightlyRun } from "../../src/dispatch/nightlyRun.ts"
import { shadowRun } from "../../src/dispatch/shadow/shadowRun.ts"
import { settleNow } from "../../src/dispatch/settle/settleNow.ts"
import type { Attempt } from "../../src/domain/Attempt.ts"
import { WorkspaceFailed } from "../../src/domain/Failure.ts"
import { RunId } from "../../src/domain/Ids.ts"
import { isLive } from "../../src/domain/Job.ts"
import { HostGate } from "../../src/host/HostGate.ts"
import type { RunReport } from "../../src/domain/RunReport.ts"
import { Journal, type Notice } from "../../src/journal/Journal.ts"
import { JournalQueries, type UnchangedFacts } from "../../src/journal/JournalQueries.ts"
import {
  FakeBeadsState,
  FakeJournalState,
  FakeRunnerState,
  FakeWorkspaces,
  FakeWorkspacesState,
  type FakeRunner
} from "../../src/testing/index.ts"
import { fakes, options } from "../dispatch/support.ts"
import type { Choices } from "../faults/soak/random.ts"
import type { Outage, Scenario, SimBug, SimProvider } from "./scenario.ts"

const HOUR = 3_600_000
/** When the simulation begins. */
export const BEGIN = Date.UTC(2026, 0, 1, 22)

/** How a job really ended: `unsolved` is the bug's fault. */
export interface SimJob {
  readonly bug: string
  readonly provider: string
  readonly attempt: string
  readonly truth: "solved" | "unsolved" | "provider" | "host" | "human"
}

/** What the dispatcher did with a scenario. */
export interface Played {
  readonly scenario: Scenario
  readonly jobs: ReadonlyArray<SimJob>
  readonly reports: ReadonlyArray<RunReport>
  readonly attempts: ReadonlyArray<Attempt>
  /** What the journal says at the end of bugs that do not move. */
  readonly unchanged: ReadonlyArray<UnchangedFacts>
  /** The hour at which each solved bug was solved. */
  readonly solved: ReadonlyMap<string, number>
  readonly notices: ReadonlyArray<Notice>
  /** The calls that changed something: of the tracker, the runner, the worktrees and the journal. */
  readonly writes: ReadonlyArray<string>
  /** The shadow runs that the journal keeps, and the bugs that they would have dispatched. */
  readonly shadows: { readonly kept: number; readonly planned: number }
}

/** The methods that only read. */
const READS =
  /^(version|openBugs|show|leases|claimsOf|check|inspect|existing|merged|preflight|job|running|capacity|oldLogs)$/
const JOURNAL_WRITES = /^(begin|end|intend|advance|reopen|clear|decide|pause|resume|notice|prune)$/

/** A job that runs, and how it will end. */
interface Running extends SimJob {
  readonly until: number
  readonly exitCode: number
  readonly says?: FakeRunner.FakeWords
}

const outageAt = ({ outages }: SimProvider, hour: number): Outage | undefined =>
  outages.find(({ from, to }) => hour >= from && hour < to)

const LOGIN = { words: "Not logged in", needs: { kind: "login", next: "log in" } } as const
const ASKS = { words: "Proceed? [y/N]", needs: { kind: "permission", next: "allow it" } } as const
const QUOTA = { words: "Error: 429 you exceeded your current quota", fault: "provider" } as const

/** Decides how a job that starts now will end, by what provider and bug really are. */
const decide = (
  {
    bug,
    hour,
    outage,
    provider
  }: { readonly bug: SimBug; readonly hour: number; readonly outage: Outage | undefined; readonly provider: string },
  choices: Choices
): Pick<Running, "exitCode" | "says" | "truth" | "until"> => {
  const until = hour + choices.between(5, 90) / 60
  const solves = choices.chance(bug.chance)
  const gaveUp = choices.chance(0.4)
  if (outage?.kind === "login") return { truth: "human", until: hour + 0.02, exitCode: 1, says: LOGIN }
  if (bug.asks?.includes(provider) === true) return { truth: "human", until: hour + 0.2, exitCode: 0, says: ASKS }
  if (outage?.kind === "silent") return { truth: "provider", until, exitCode: 1 }
  if (outage !== undefined) {
    const says = outage.kind === "limit" ? { ...QUOTA, freeAt: BEGIN + outage.to * HOUR } : QUOTA
    return { truth: "provider", until: hour + 0.02, exitCode: 1, says }
  }
  return solves ? { truth: "solved", until, exitCode: 0 } : { truth: "unsolved", until, exitCode: gaveUp ? 0 : 1 }
}

/** The runner's script, which follows the clock. */
const providersAt = (providers: ReadonlyArray<SimProvider>, now: () => number) =>
  Object.defineProperties(
    {},
    Object.fromEntries(
      providers.map((provider) => [
        provider.name,
        {
          enumerable: true,
          get: () =>
            outageAt(provider, now())?.kind === "preflight" ? { slots: 2, broken: "quota is used up" } : { slots: 2 }
        }
      ])
    )
  )

const runIdAt = (hour: number, count: number): RunId => {
  const time = new Date(BEGIN + hour * HOUR).toISOString().replace(/[-:]|\.\d+/g, "")
  return RunId.make(`${time}-${count.toString(16).padStart(6, "0")}`)
}

/**
 * Plays a scenario: the real pipeline on fakes and on a virtual clock. Cron starts a run each hour from 22:00 to 05:00; settling
 * follows at 06:30 and at noon. A person accepts each solved bug within a day or two.
 */
export const play = (scenario: Scenario, choices: Choices): Effect.Effect<Played> => {
  let hour = 0
  const world = {
    beads: { issues: [] },
    runner: { providers: providersAt(scenario.providers, () => hour) },
    settings: {
      providers: scenario.providers.map(({ name }) => ({ name })),
      limits: { warmUp: "1 ms", ...scenario.limits }
    }
  }
  const [busyFrom, busyTo] = scenario.busy ?? [0, 0]
  const isBusy = Effect.sync(() => (hour >= busyFrom && hour < busyTo ? `a backup runs at ${hour} h` : undefined))
  return Effect.gen(function* () {
    const [beads, runner, workspaces, journal] = yield* Effect.all([
      FakeBeadsState,
      FakeRunnerState,
      FakeWorkspacesState,
      FakeJournalState
    ])
    const queries = yield* JournalQueries
    const jobs: Array<SimJob> = []
    const reports: Array<RunReport> = []
    let planned = 0
    const solved = new Map<string, number>()
    const filed = new Set<string>()
    let running: Array<Running> = []

    const end = Effect.fnUntraced(function* (job: Running) {
      const live = (yield* runner.jobs).find((each) => each.beads === job.bug && isLive(each))
      if (job.truth === "solved" && live?.worktree !== undefined) {
        yield* workspaces.leaveWork(live.worktree, 1)
        solved.set(job.bug, job.until)
      }
      yield* runner.finish(job.bug, job.exitCode, job.says)
      jobs.push(job)
    })

    const passTo = Effect.fnUntraced(function* (next: number) {
      for (const job of running.filter(({ until }) => until <= next).toSorted((a, b) => a.until - b.until)) {
        hour = Math.max(hour, job.until)
        yield* TestClock.setTime(BEGIN + hour * HOUR)
        yield* end(job)
      }
      running = running.filter(({ until }) => until > next)
      for (const restart of scenario.restarts.filter((at) => at > hour && at <= next)) {
        for (const job of running) {
          yield* runner.turn(job.bug, "gone", `the host restarted at ${restart} h`)
          jobs.push({ ...job, truth: "host" })
        }
        running = []
      }
      hour = next
      yield* TestClock.setTime(BEGIN + hour * HOUR)
      for (const { filed: at, id, priority } of scenario.bugs) {
        if (at > hour || filed.has(id)) continue
        filed.add(id)
        const title = [...id]
          .map((letter) => letter.charCodeAt(0).toString(2))
          .join("")
          .replaceAll("0", "o")
          .replaceAll("1", "l")
        yield* beads.edit(id, { priority, title, createdAt: BEGIN + at * HOUR })
      }
      for (const [id, at] of solved) {
        if (hour > at + 12 && choices.chance(0.3)) yield* beads.edit(id, { status: "closed", labels: [] })
      }
      for (const [from, to] of scenario.pauses ?? []) {
        const { pause, paused } = yield* Journal
        if (hour < from || hour >= to || (yield* paused) !== undefined) continue
        yield* pause({ at: BEGIN + hour * HOUR, until: BEGIN + to * HOUR, reason: "a change", by: "op@vm-1" })
      }
      for (const { blocked, id } of scenario.bugs) {
        if (blocked === undefined || hour < blocked[0] || hour >= blocked[1]) continue
        const error = new WorkspaceFailed({
          detail: `cannot lock ref of ${id}`,
          kind: "ref_locked",
          blame: "issue"
        })
        yield* workspaces.inject(FakeWorkspaces.on("acquire", id).fails(error).times(1))
      }
    })

    let shadows = 0
    const shadow = Effect.fnUntraced(function* () {
      if (scenario.shadows !== true) return
      const report = yield* shadowRun({ ...options, run: runIdAt(hour, 0xa00000 + shadows++) })
      planned += report.outcomes.filter(({ _tag }) => _tag === "Planned").length
    }, Effect.provide(dryRun.layer))

    const run = Effect.fnUntraced(function* () {
      const report = yield* nightlyRun({ ...options, run: runIdAt(hour, reports.length) })
      reports.push(report)
      for (const outcome of report.outcomes) {
        const bug = scenario.bugs.find(({ id }) => id === outcome.beads)
        if (outcome._tag !== "Dispatched" || bug === undefined) continue
        const provider = scenario.providers.find(({ name }) => name === outcome.provider)
        const outage = provider === undefined ? undefined : outageAt(provider, hour)
        const attempt = (yield* journal.attempts).findLast(({ beads }) => beads === bug.id)?.actor ?? ""
        running.push({
          bug: bug.id,
          provider: outcome.provider,
          attempt,
          ...decide({ bug, hour, outage, provider: outcome.provider }, choices)
        })
      }
    })

    for (let night = 0; night < scenario.nights; night++) {
      for (let cron = 0; cron < 8; cron++) {
        yield* passTo(night * 24 + cron)
        yield* shadow()
        yield* run()
        yield* shadow()
      }
      for (const settling of [8.5, 14]) {
        yield* passTo(night * 24 + settling)
        yield* settleNow({ ...options, run: runIdAt(hour, 0xf00000 + night) })
      }
    }
    const kept = yield* queries.shadows({ since: 0 })
    const [attempts, notices] = [yield* journal.attempts, yield* journal.notices]
    const calls = [...(yield* beads.calls), ...(yield* runner.calls), ...(yield* workspaces.calls)]
    const writes = [
      ...calls.filter(({ method }) => !READS.test(method)),
      ...(yield* journal.calls).filter(({ method }) => JOURNAL_WRITES.test(method))
    ].map(({ args, method }) => `${method} ${JSON.stringify(args)}`)
    const [unchanged, played] = [yield* queries.unchanged, { kept: kept.length, planned }]
    return { scenario, jobs, reports, attempts, unchanged, solved, notices, writes, shadows: played }
  }).pipe(Effect.provide(Layer.merge(fakes(world), Layer.succeed(HostGate, { busy: () => isBusy }))), Effect.orDie)
}
