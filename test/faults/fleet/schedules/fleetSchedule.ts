import { Context, Effect, Random, Ref } from "effect"
import { ACTOR_PREFIX } from "../../../../src/domain/Actor.ts"
import { FakeBeadsState, FakePromptsState } from "../../../../src/testing/index.ts"
import type { Server } from "../../../postgres/server.ts"
import { openOffers, timePasses } from "../admin.ts"
import { begin, BUGS, liveJobs, makeFleet, type FleetWorld, type Host } from "./fleet.ts"

/** What happens to a dispatcher in the middle of its run. */
type Event = "nothing" | "is killed" | "is frozen" | "loses its connections" | "dies with its host"
const EVENTS: ReadonlyArray<Event> = [
  "nothing",
  "is killed",
  "is frozen",
  "loses its connections",
  "dies with its host"
]

/** One run of a host. */
interface Planned {
  readonly start: number
  readonly event: Event
  /** Milliseconds from its start. */
  readonly at: number
}

const planned: Effect.Effect<Planned> = Effect.gen(function* () {
  return {
    start: yield* Random.nextIntBetween(0, 60),
    event: EVENTS[yield* Random.nextIntBetween(0, EVENTS.length)] ?? "nothing",
    at: yield* Random.nextIntBetween(20, 250)
  }
})

const sqlOf = ({ admin }: FleetWorld, statement: string) => Effect.promise(() => admin.query(statement))

const markOf = ({ place }: Host) => `(SELECT mark FROM hosts WHERE name = '${place.host}')`

/** For these times of the host, the database's clock goes on beyond every limit. */
const isOver = (world: FleetWorld, host: Host, ...times: ReadonlyArray<"attempts SET fence_until" | Silence>) =>
  Effect.forEach(
    times,
    (time) => sqlOf(world, `UPDATE ${time} = now() - interval '1 second' WHERE host = ${markOf(host)}`),
    { discard: true }
  )

type Silence = "ticks SET until" | "offers SET until"

/** After that another host may plan in the place of a silent one, and take its offers. */
const SILENCE: ReadonlyArray<Silence> = ["ticks SET until", "offers SET until"]

const play = (world: FleetWorld, host: Host, { at, event, start }: Planned) =>
  Effect.gen(function* () {
    if (yield* Ref.get(host.isDead)) return
    yield* Effect.sleep(start)
    const { ended, kill, process } = yield* begin(world, host)
    if (event === "nothing") return void (yield* ended)
    yield* Effect.sleep(at)
    switch (event) {
      case "is killed":
        yield* kill
        return void (yield* isOver(world, host, ...SILENCE))
      case "is frozen":
        yield* process.awake.close
        yield* isOver(world, host, "attempts SET fence_until", ...SILENCE)
        yield* Effect.sleep(2 * at)
        yield* process.awake.open
        return void (yield* ended)
      case "loses its connections": {
        const ports = host.wire.ports()
        if (ports.length > 0) {
          yield* sqlOf(
            world,
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port IN (${ports.join()})`
          )
        }
        return void (yield* ended)
      }
      case "dies with its host":
        yield* kill
        yield* Ref.set(host.isDead, true)
        yield* sqlOf(
          world,
          `UPDATE hosts SET state = 'evicted', epoch = epoch + 1, reason = 'dead' WHERE name = '${host.place.host}'`
        )
        return void (yield* isOver(world, host, "attempts SET fence_until", ...SILENCE))
    }
  })

const duplicates = (all: ReadonlyArray<string>) => all.filter((each, at) => all.indexOf(each) !== at)

/** Notes each bug that has two live jobs at a time. */
const watchJobs = (world: FleetWorld, found: Ref.Ref<ReadonlySet<string>>) =>
  liveJobs(world).pipe(
    Effect.flatMap((jobs) => {
      const double = duplicates(jobs.map(({ beads }) => beads))
      return double.length === 0
        ? Effect.void
        : Ref.update(found, (earlier) => new Set([...earlier, ...double.map((id) => `${id} had two jobs at a time`)]))
    }),
    Effect.zipRight(Effect.sleep(10)),
    Effect.forever
  )

/** What breaks the rules at the end. */
const leftBy = (world: FleetWorld) =>
  Effect.gen(function* () {
    const jobs = (yield* liveJobs(world)).map(({ beads }) => beads)
    const found = duplicates(jobs).map((id) => `${id} has two jobs`)
    const open = yield* sqlOf(world, "SELECT beads, phase FROM attempts WHERE phase <> 'settled'")
    for (const { assignee = "", id } of yield* Context.get(world.beads, FakeBeadsState).issues) {
      const isOurs = assignee.startsWith(ACTOR_PREFIX)
      if (isOurs && !jobs.includes(id)) found.push(`${id} is claimed by ${assignee} without a job`)
      if (!isOurs && jobs.includes(id)) found.push(`${id} has a job and no claim`)
    }
    for (const { beads, phase } of open) {
      if (phase !== "acknowledged" || !jobs.includes(String(beads))) found.push(`${beads} is left ${phase}`)
    }
    for (const id of BUGS) if (!jobs.includes(id)) found.push(`${id} has no job`)
    for (const { isDead, own } of world.hosts) {
      if (yield* Ref.get(isDead)) continue
      for (const { file } of yield* Context.get(own, FakePromptsState).files) {
        if (!jobs.includes(file.beads)) found.push(`prompt file of ${file.beads} without a job`)
      }
    }
    return [...found, ...(yield* Effect.promise(() => openOffers(world.admin)))]
  })

const MINUTE = 60_000
/** Long enough that the next host begins a tick of its own. */
const NEXT_TICK = 5 * MINUTE

/**
 * Three hosts on one tracker and one database. Each starts up to two dispatchers at random moments; some of them are killed, frozen
 * beyond their fence, lose their connections, or die with their host and its jobs, which is then evicted. At least one host stays.
 * Later the hosts have clean runs, in which every bug must get its job. Gives what breaks the rules.
 */
export const fleetSchedule = (server: Server): Effect.Effect<ReadonlyArray<string>> =>
  Effect.scoped(
    Effect.gen(function* () {
      const world = yield* makeFleet(server)
      const doubles = yield* Ref.make<ReadonlySet<string>>(new Set())
      yield* Effect.forkScoped(watchJobs(world, doubles))
      const plans = yield* Effect.forEach(world.hosts, (host, at) =>
        Effect.gen(function* () {
          const runs = [yield* planned, ...((yield* Random.nextBoolean) ? [yield* planned] : [])]
          // The first host stays.
          return { host, runs: runs.filter(({ event }) => at > 0 || event !== "dies with its host") }
        })
      )
      yield* Effect.forEach(
        plans,
        ({ host, runs }) => Effect.forEach(runs, (run) => play(world, host, run), { discard: true }),
        { concurrency: "unbounded", discard: true }
      )
      for (let round = 0; round < 3 && (yield* leftBy(world)).length > 0; round++) {
        yield* Effect.promise(() => timePasses(world.admin, NEXT_TICK))
        for (const host of world.hosts) {
          if (yield* Ref.get(host.isDead)) continue
          yield* (yield* begin(world, host, { later: (3 + 60 * round) * MINUTE, pause: 0 })).ended
        }
      }
      return [...(yield* Ref.get(doubles)), ...(yield* leftBy(world))]
    })
  )
