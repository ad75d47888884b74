import * as FileSystem from "@effect/platform/FileSystem"
import { Clock, Duration, Effect, Either, Option } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { makePlan } from "../../dispatch/plan/makePlan.ts"
import { nightBudgetNow } from "../../dispatch/plan/nightBudget.ts"
import { openHere } from "../../dispatch/settle/openHere.ts"
import { ACTOR_PREFIX } from "../../domain/Actor.ts"
import { isLive, type Job } from "../../domain/Job.ts"
import { RESULTS_WINDOW, type ProviderResults } from "../../domain/ProviderResult.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { CurrentSettings, hasChannel } from "../../domain/Settings.ts"
import { endedJobOf } from "../../journal/facts.ts"
import { Journal } from "../../journal/Journal.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"
import { Outbox } from "../../journal/Outbox.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { readHosts, readTenures } from "../fleet/FleetFacts.ts"
import { inTime } from "../lookup/inTime.ts"
import { findSchedule } from "../schedule/findSchedule.ts"
import { HERE } from "../../journal/elsewhere.ts"
import { fleetOf, openOf, RUNS_READ, type JournalFacts, type NightFacts, type TrackerFacts } from "./NightFacts.ts"
import { readWaiting } from "./readWaiting.ts"
import { resultsOfJobs } from "./results.ts"
import { unownedClaims } from "./unownedClaims.ts"

/** However many hosts there are. */
const MOST_RUNS = 1000

const ofJournal = Effect.gen(function* () {
  const [journal, queries, outbox] = yield* Effect.all([Journal, JournalQueries, Outbox])
  const now = yield* Clock.currentTimeMillis
  const hosts = yield* readHosts
  const read = yield* Effect.all({
    runs: queries.runs({ last: Math.min(MOST_RUNS, RUNS_READ * (hosts?.hosts.length ?? 1)) }),
    open: queries.open,
    ended: queries.endedJobs({ since: now - Duration.toMillis(RESULTS_WINDOW) }),
    checks: queries.checks,
    notices: journal.notices,
    retries: journal.retries,
    unchanged: queries.unchanged,
    paused: journal.paused,
    budget: nightBudgetNow(),
    undelivered: hasChannel(yield* CurrentSettings) ? outbox.waiting : Effect.succeed([])
  })
  // The attempt of a job that has ended is open until its claim is released.
  const ending = read.open.flatMap((attempt) => endedJobOf(attempt) ?? [])
  const fleet = hosts && { ...hosts, tenures: yield* readTenures(read.open, hosts.elsewhere) }
  return { ...read, ...(fleet && { fleet }), results: resultsOfJobs([...read.ended, ...ending], now) }
}).pipe(Effect.withSpan("status.journal"))

/** The open bugs, and the claims of dispatchers, as far as the tracker can list these. */
const listed = Effect.gen(function* () {
  const [beads, { intake }] = yield* Effect.all([BeadsCli, CurrentSettings])
  return yield* Effect.all(
    { intake: beads.openBugs(intake), claims: inTime(beads.claimsOf(ACTOR_PREFIX)) },
    { concurrency: "unbounded" }
  )
}).pipe(Effect.withSpan("status.tracker"))

/** What a run would leave alone now, and what is odd in the tracker. Work that exists is not looked for: that takes seconds. */
const judged = Effect.fn("status.plan")(function* (
  options: RunOptions,
  { claims, intake }: Effect.Effect.Success<typeof listed>,
  journal: Either.Either<JournalFacts, string>,
  running: ReadonlyArray<Job>
) {
  const settings = yield* CurrentSettings
  const live = new Set(running.map((job) => job.beads))
  const skipped = Effect.gen(function* () {
    const open = new Set((yield* openHere(options)).map((attempt) => attempt.beads))
    const none: ProviderResults = new Map()
    const results = Either.match(journal, { onLeft: () => none, onRight: (facts) => facts.results })
    return (yield* makePlan(intake, options.repository, live, open, results)).skipped
  }).pipe(
    Effect.provideService(CurrentSettings, { ...settings, intake: { ...settings.intake, skipExistingWork: false } })
  )
  const found = yield* Effect.all(
    {
      skipped: Either.isLeft(journal) ? Effect.succeed(Either.right([])) : inTime(skipped),
      unowned: Effect.orElseSucceed(
        unownedClaims(
          Either.getOrElse(claims, () => []),
          options.host
        ),
        () => []
      )
    },
    { concurrency: "unbounded" }
  )
  return { intake, ...found } satisfies TrackerFacts
})

/** When each of these logs was last written. Leaves out a log that is not there. */
const writtenAt = Effect.fn("status.logs")(function* (logs: ReadonlyArray<string | undefined>) {
  const files = yield* FileSystem.FileSystem
  const times = yield* Effect.forEach(new Set(logs.filter((log) => log !== undefined)), (log) =>
    Effect.map(inTime(files.stat(log)), (found) =>
      Option.match(
        Option.flatMap(Either.getRight(found), ({ mtime }) => mtime),
        {
          onNone: () => [],
          onSome: (mtime) => [[log, mtime.getTime()] as const]
        }
      )
    )
  )
  return new Map(times.flat())
})

/**
 * Asks journal, tracker, runner and crontab what the views of the present need; what it can at the same time, and each for five
 * seconds at most. Starts no preflight, and changes nothing. What cannot be read is in the facts, with its reason: fails only as
 * `place` does, which says for which repository.
 *
 * @example
 * gatherFacts(Effect.succeed({ run, host: "vm-1", repository }))
 */
export const gatherFacts = Effect.fn("gatherFacts")(function* <E, R>(place: Effect.Effect<RunOptions, E, R>) {
  const [runner, settings, now] = yield* Effect.all([DxRunner, CurrentSettings, Clock.currentTimeMillis])
  const { journal, lists, options, running, schedule } = yield* Effect.all(
    {
      options: place,
      lists: inTime(listed),
      running: inTime(runner.running),
      schedule: findSchedule,
      journal: inTime(ofJournal)
    },
    { concurrency: "unbounded" }
  )
  const jobs = Either.getOrElse(running, () => []).filter(isLive)
  const elsewhere = fleetOf({ journal })?.elsewhere ?? HERE
  const open = openOf({ journal }).filter(({ actor }) => elsewhere(actor) === undefined)
  const { tracker, written } = yield* Effect.all(
    {
      tracker: Either.match(lists, {
        onLeft: (why) => Effect.succeed(Either.left(why)),
        onRight: (found) => inTime(judged(options, found, journal, jobs))
      }),
      written: writtenAt([...jobs, ...open].map(({ log }) => log))
    },
    { concurrency: "unbounded" }
  )
  const none = { waiting: [], lastSkipped: [] }
  const work = Either.isLeft(journal) ? Either.right(none) : yield* inTime(readWaiting(journal.right, tracker))
  return {
    now,
    journal: Either.flatMap(work, () => journal),
    tracker,
    running,
    schedule,
    written,
    budget: Either.match(journal, {
      onLeft: () => undefined,
      onRight: ({ budget }) => (budget.words.length === 0 ? undefined : budget)
    }),
    ...Either.getOrElse(work, () => none),
    maxRuntime: Duration.toMillis(settings.limits.maxRuntime),
    runTimeout: Duration.toMillis(settings.timeouts.run),
    providers: settings.providers.map(({ name }) => name),
    providerHealth: settings.providerHealth
  } satisfies NightFacts
})
