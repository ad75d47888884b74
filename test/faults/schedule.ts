import { Context, Effect, Fiber, Layer, Option, Random, Ref, Schema, TestClock } from "effect"
import { BeadsCli } from "../../src/beads/BeadsCli.ts"
import * as dispatchIssue from "../../src/dispatch/attempt/dispatchIssue.ts"
import { nightlyRun } from "../../src/dispatch/nightlyRun.ts"
import { ACTOR_PREFIX } from "../../src/domain/Actor.ts"
import { runIdOf } from "../../src/domain/Ids.ts"
import { isLive } from "../../src/domain/Job.ts"
import { CurrentSettings, Settings } from "../../src/domain/Settings.ts"
import { Journal } from "../../src/journal/Journal.ts"
import { PromptStore } from "../../src/prompt/PromptStore.ts"
import { DxRunner } from "../../src/runner/DxRunner.ts"
import {
  FakeBeads,
  FakeBeadsState,
  FakeJournal,
  FakeJournalState,
  FakePrompts,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeWorkspaces
} from "../../src/testing/index.ts"
import { Workspaces } from "../../src/workspace/Workspaces.ts"

const BUGS = ["bd-1", "bd-2", "bd-3", "bd-4"]

const settings = Schema.decodeUnknownSync(Settings)({ limits: { maxParallel: 4, maxDispatches: 4 } })

/**
 * Seven minutes, in steps of two seconds or to the next moment at which anything happens. In one step everybody who wakes
 * within it would find the same time.
 */
const pass = Effect.gen(function* () {
  const clock = yield* TestClock.testClock()
  const end = (yield* clock.currentTimeMillis) + 420_000
  for (let now = end - 420_000; now < end; now = yield* clock.currentTimeMillis) {
    const next = Math.min(...(yield* clock.sleeps))
    yield* clock.setTime(Math.min(end, Math.max(now + 2_000, next)))
  }
})

/** What a dispatcher's calls go through: they take a while, and after its end they never return. */
interface Fate {
  readonly dead: Ref.Ref<boolean>
  /** It holds the lock of its host, which is gone when it is. */
  readonly locks: Ref.Ref<boolean>
}

const makeFate: Effect.Effect<Fate> = Effect.all({ dead: Ref.make(false), locks: Ref.make(false) })

/** The journal of a host, for one dispatcher on it. */
const watched = (journal: Journal["Type"], { locks }: Fate): Journal["Type"] => ({
  ...journal,
  lock: Effect.tap(journal.lock, (holder) =>
    Option.isSome(holder) ? Effect.void : Effect.acquireRelease(Ref.set(locks, true), () => Ref.set(locks, false))
  )
})

const wrapped = <S extends object>(service: S, { dead }: Fate): S => {
  const held = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      const pause = Effect.flatMap(Random.nextIntBetween(0, 4_000), (millis) => Effect.sleep(millis))
      const gate = Effect.flatMap(Ref.get(dead), (over) => (over ? Effect.never : Effect.void))
      yield* gate
      yield* pause
      yield* gate
      // What was asked for may still be done when the one who asked is gone.
      const answer = yield* effect
      yield* pause
      yield* gate
      return answer
    })
  return new Proxy(service, {
    get: (target, name, receiver) => {
      const member: unknown = Reflect.get(target, name, receiver)
      // @effect-diagnostics-next-line anyUnknownInErrorContext:off -- a proxy knows no types
      if (Effect.isEffect(member)) return held(member)
      if (typeof member !== "function") return member
      return (...args: ReadonlyArray<unknown>) => {
        const result: unknown = Reflect.apply(member, target, args)
        // @effect-diagnostics-next-line anyUnknownInErrorContext:off -- a proxy knows no types
        return Effect.isEffect(result) ? held(result) : result
      }
    }
  })
}

type Shared = Context.Context<BeadsCli | DxRunner | PromptStore | Workspaces>

/** One dispatcher process on what all share, with the journal of its own host. */
const dispatcher = (shared: Shared, journal: Journal["Type"], host: string, fate: Fate, number: number) =>
  Effect.gen(function* () {
    const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
    return yield* nightlyRun({
      run: runIdOf(now, number, host === "vm-1" ? "aaaa" : "bbbb"),
      host,
      repository: { name: "app", path: "/src/app" }
    })
  }).pipe(
    Effect.provide(
      dispatchIssue.layer.pipe(
        Layer.provideMerge(
          Layer.succeedContext(
            Context.make(BeadsCli, wrapped(Context.get(shared, BeadsCli), fate)).pipe(
              Context.add(DxRunner, wrapped(Context.get(shared, DxRunner), fate)),
              Context.add(PromptStore, wrapped(Context.get(shared, PromptStore), fate)),
              Context.add(Workspaces, wrapped(Context.get(shared, Workspaces), fate)),
              Context.add(Journal, wrapped(watched(journal, fate), fate))
            )
          )
        )
      )
    ),
    Effect.provideService(CurrentSettings, settings)
  )

/** A host: its journal, and the dispatchers that cron starts on it. */
const makeHost = (name: string) =>
  Effect.map(Layer.build(FakeJournal.layer()), (context) => ({
    name,
    journal: Context.get(context, Journal),
    state: Context.get(context, FakeJournalState)
  }))

/**
 * Two hosts on one tracker and one runner; each starts several dispatchers at random moments, some of which are killed at a
 * random moment. Then a clean night each on a later clock. Gives what `design.md` §9 forbids and yet is so.
 */
export const schedule: Effect.Effect<ReadonlyArray<string>> = Effect.scoped(
  Effect.gen(function* () {
    const world = yield* Layer.build(
      Layer.mergeAll(
        FakeBeads.layer({ issues: BUGS.map((id, at) => ({ id, title: `${id} ${"abcd"[at]}` })) }),
        FakeRunner.layer(),
        FakePrompts.layer(),
        FakeWorkspaces.layer()
      )
    )
    const hosts = [yield* makeHost("vm-1"), yield* makeHost("vm-2")]
    let number = 0
    for (const host of hosts) {
      const runs = yield* Random.nextIntBetween(1, 4)
      for (let run = 0; run < runs; run++) {
        const fate = yield* makeFate
        const start = yield* Random.nextIntBetween(0, 120_000)
        const killedAfter = (yield* Random.nextBoolean) ? yield* Random.nextIntBetween(0, 60_000) : undefined
        const id = ++number
        yield* Effect.forkDaemon(
          Effect.gen(function* () {
            yield* Effect.sleep(start)
            const fiber = yield* Effect.forkDaemon(dispatcher(world, host.journal, host.name, fate, id))
            if (killedAfter === undefined) return yield* Fiber.join(fiber)
            yield* Effect.sleep(killedAfter)
            if ((yield* Fiber.poll(fiber))._tag === "Some") return undefined
            yield* Ref.set(fate.dead, true)
            // A moment later, as an overlapping process would have it: the lock dies with the process that holds it.
            return (yield* Ref.get(fate.locks)) ? yield* host.state.crash : undefined
          })
        )
      }
    }
    yield* pass
    for (const host of hosts) {
      const fiber = yield* Effect.forkDaemon(dispatcher(world, host.journal, host.name, yield* makeFate, ++number))
      yield* pass
      const report = yield* Fiber.join(fiber)
      if (report.exit !== 0) return [`the clean night of ${host.name} ended with ${report.exit}: ${report.error ?? ""}`]
    }
    return yield* Effect.provide(violations, world).pipe(
      Effect.flatMap((found) =>
        Effect.map(
          Effect.forEach(hosts, ({ name, state }) =>
            Effect.map(state.attempts, (attempts) =>
              attempts.flatMap(({ beads, phase }) =>
                phase === "settled" || phase === "acknowledged" ? [] : [`${name}: attempt at ${beads} left ${phase}`]
              )
            )
          ),
          (open) => [...found, ...open.flat()]
        )
      )
    )
  })
)

const violations = Effect.gen(function* () {
  const [beads, runner, prompts] = yield* Effect.all([FakeBeadsState, FakeRunnerState, FakePromptsState])
  const found: Array<string> = []
  const jobs = new Set((yield* runner.jobs).filter(isLive).map(({ beads }) => String(beads)))
  for (const { assignee = "", id } of yield* beads.issues) {
    const ours = assignee.startsWith(ACTOR_PREFIX)
    if (ours && !jobs.has(id)) found.push(`${id} is claimed by ${assignee} without a job`)
    if (!ours && jobs.has(id)) found.push(`${id} has a job and no claim`)
  }
  for (const id of BUGS) if (!jobs.has(id)) found.push(`${id} was hidden: nobody works on it`)
  const files = yield* prompts.files
  for (const [at, { file }] of files.entries()) {
    const first = files.findIndex((one) => one.file.beads === file.beads)
    if (!jobs.has(file.beads) || first < at) found.push(`prompt file of ${file.beads} without a job`)
  }
  return found
})
