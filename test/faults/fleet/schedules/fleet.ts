import { Context, Effect, Exit, Fiber, Layer, Logger, LogLevel, Redacted, Ref, Scope } from "effect"
import type { RunReport } from "../../../../src/domain/RunReport.ts"
import { isLive } from "../../../../src/domain/Job.ts"
import { Fleet } from "../../../../src/journal/Fleet.ts"
import { Journal } from "../../../../src/journal/Journal.ts"
import {
  FakeBeads,
  FakePrompts,
  FakeRunner,
  FakeRunnerState,
  FakeVerifier,
  FakeWorkspaces
} from "../../../../src/testing/index.ts"
import { journalAt, type Place } from "../../../journal/postgres/postgresWorld.ts"
import { stateDirectory } from "../../../journal/sqlite/journalWorld.ts"
import type { Server } from "../../../postgres/server.ts"
import { clocksAhead } from "../../machine/dispatcher.ts"
import { dispatcher, makeProcess, slowedService, type Process } from "../../schedules/dispatcher.ts"
import { newDatabase, type Admin } from "../admin.ts"
import { makeWire, type Wire } from "../wire.ts"

export const BUGS = ["bd-1", "bd-2"]

/** Milliseconds. Short, so that hosts meet at every step. */
const LONGEST_PAUSE = 6

const ownServices = Layer.mergeAll(
  FakeRunner.layer(),
  FakePrompts.layer(),
  FakeVerifier.layer(),
  FakeWorkspaces.layer()
)
const trackerOf = (bugs: ReadonlyArray<string>) => {
  // Titles that differ by more than a number: else they would count as duplicates.
  const titleOf = (at: number) =>
    `report ${[...String(at)].map((digit) => "abcdefghij"[Number(digit)]).join("")} is empty`
  return FakeBeads.layer({ issues: bugs.map((id, at) => ({ id, title: titleOf(at) })) })
}

type Own = Layer.Layer.Success<typeof ownServices>
type Shared = Layer.Layer.Success<ReturnType<typeof trackerOf>>

/** A host with a runner, worktrees and prompts of its own. */
export interface Host {
  readonly place: Place & { readonly host: string }
  readonly own: Context.Context<Own>
  readonly wire: Wire
  /** Its jobs and dispatchers have ended for good. */
  readonly isDead: Ref.Ref<boolean>
}

export interface FleetWorld {
  readonly hosts: ReadonlyArray<Host>
  readonly beads: Context.Context<Shared>
  readonly admin: Admin
  readonly number: Effect.Effect<number>
}

/** A dispatcher that runs. */
export interface Running {
  readonly process: Process
  readonly ended: Effect.Effect<Exit.Exit<RunReport, unknown>>
  /** Ends it at once: what it asked for is not answered any more. */
  readonly kill: Effect.Effect<void>
}

interface Size {
  readonly hosts?: number
  readonly bugs?: ReadonlyArray<string>
}

/** Three hosts, or so many, on one tracker and one database, for the scope. */
export const makeFleet = (
  server: Server,
  { bugs = BUGS, hosts: count = 3 }: Size = {}
): Effect.Effect<FleetWorld, never, Scope.Scope> =>
  Effect.gen(function* () {
    const admin = yield* Effect.acquireRelease(
      Effect.promise(() => newDatabase(server)),
      ({ close }) => Effect.promise(close)
    )
    const hosts = yield* Effect.forEach(
      Array.from({ length: count }, (_, at) => `vm-${at + 1}`),
      (host) =>
        Effect.gen(function* () {
          const wire = yield* Effect.acquireRelease(
            Effect.promise(() => makeWire(server.port)),
            ({ close }) => Effect.sync(close)
          )
          const address = Redacted.make(wire.through(admin.address))
          const place = { directory: yield* stateDirectory, address, host }
          return { place, wire, own: yield* Layer.build(ownServices), isDead: yield* Ref.make(false) }
        })
    )
    // Makes the tables.
    for (const { place } of hosts.slice(0, 1)) yield* Effect.orDie(Effect.scoped(Layer.build(journalAt(place))))
    const counter = yield* Ref.make(0)
    const number = Ref.updateAndGet(counter, (last) => last + 1)
    return { hosts, beads: yield* Layer.build(trackerOf(bugs)), admin, number }
  })

const slowedFleet = ({ offers, ...fleet }: Fleet["Type"], process: Process): Fleet["Type"] => ({
  ...slowedService(fleet, process),
  ...(offers === undefined ? {} : { offers: slowedService(offers, process) })
})

/** Begins a dispatcher on a host. `later`: how far its clocks are ahead, in milliseconds. */
export const begin = (
  world: FleetWorld,
  { own, place }: Host,
  { later = 0, pause = LONGEST_PAUSE } = {}
): Effect.Effect<Running> =>
  Effect.gen(function* () {
    const process = yield* makeProcess(pause)
    const opened = yield* Scope.make()
    const end = Scope.close(opened, Exit.void)
    const run = Effect.gen(function* () {
      const services = yield* Layer.build(journalAt(place)).pipe(Scope.extend(opened))
      const journal = Context.get(services, Journal)
      // The lock, too, ends with the process, and not with its dispatcher, which hangs for ever once it is killed.
      const lock: typeof journal.lock = (locking) => Scope.extend(journal.lock(locking), opened)
      const host = { name: place.host, journal: { ...journal, lock } }
      const shared = Context.merge(world.beads, own)
      return yield* dispatcher(shared, host, process, yield* world.number).pipe(
        Effect.provideService(Fleet, slowedFleet(Context.get(services, Fleet), process))
      )
    })
    const fiber = yield* run.pipe(
      Effect.ensuring(end),
      Effect.provide(clocksAhead({ later })),
      Logger.withMinimumLogLevel(LogLevel.None),
      Effect.exit,
      Effect.forkDaemon
    )
    return { process, ended: Fiber.join(fiber), kill: Effect.zipRight(Ref.set(process.killed, true), end) }
  })

/** The bugs of the live jobs, each with its host. */
export const liveJobs = ({ hosts }: FleetWorld) =>
  Effect.map(
    Effect.forEach(hosts, ({ isDead, own, place }) =>
      Effect.gen(function* () {
        if (yield* Ref.get(isDead)) return []
        const jobs = yield* Context.get(own, FakeRunnerState).jobs
        return jobs.filter(isLive).map(({ beads }) => ({ beads: String(beads), host: place.host }))
      })
    ),
    (all) => all.flat()
  )
