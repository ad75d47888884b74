// Prints how many bugs a fleet dispatches in a minute, and what a tick costs. All hosts are in this process, on fakes without
// latencies and a real Postgres on loopback, so the figures are what the database and the pipeline themselves take.
//
//   npm run bench -- fleet
import { Cause, Effect, Exit, Layer } from "effect"
import type { RunReport } from "../../src/domain/RunReport.ts"
import { begin, liveJobs, makeFleet, type FleetWorld } from "../faults/fleet/schedules/fleet.ts"
import { journalAt } from "../journal/postgres/postgresWorld.ts"
import { server, type Server } from "../postgres/server.ts"

/** A run of a host takes so many bugs. */
const MOST = 4
/** Each of a fleet of its own. */
const TICKS = 3

const say = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))
const bugs = (count: number) => Array.from({ length: count }, (_, at) => `app-${at + 1}`)

/** What went wrong in a run; empty if nothing did. */
const failureOf = Exit.match({
  onFailure: Cause.pretty,
  onSuccess: ({ exit, outcomes }: RunReport) => {
    const errors = outcomes.flatMap((outcome) => (outcome._tag === "Failed" ? [outcome.error] : []))
    return exit === 0 ? "" : [`exit ${exit}`, ...errors].join("\n")
  }
})

/** Runs every host once, at the same time. Gives how many jobs there are then, and how long the runs took. */
const tick = (world: FleetWorld) =>
  Effect.gen(function* () {
    const started = performance.now()
    const ends = yield* Effect.forEach(
      world.hosts,
      (host) => Effect.flatMap(begin(world, host, { pause: 0 }), ({ ended }) => ended),
      { concurrency: "unbounded" }
    )
    const millis = performance.now() - started
    const failed = ends.map(failureOf).filter((failure) => failure !== "")
    yield* Effect.forEach(failed, say)
    return { dispatched: (yield* liveJobs(world)).length, failed: failed.length, millis }
  })

/** A fleet whose hosts have all been seen in an earlier tick, as in every night but the first. */
const knownFleet = (on: Server, hosts: number) =>
  Effect.gen(function* () {
    const world = yield* makeFleet(on, { hosts, bugs: bugs(2 * MOST * hosts) })
    for (const { place } of world.hosts) yield* Effect.scoped(Layer.build(journalAt(place)))
    yield* Effect.promise(() => world.admin.query(`UPDATE hosts SET jobs = ${MOST}, per_run = ${MOST}`))
    return world
  })

/** Bugs per minute of so many hosts, and how many of their runs failed. */
const rate = (on: Server, hosts: number) =>
  Effect.gen(function* () {
    const all = { dispatched: 0, failed: 0, millis: 0 }
    for (let n = 0; n < TICKS; n++) {
      const one = yield* Effect.scoped(Effect.flatMap(knownFleet(on, hosts), tick))
      all.dispatched += one.dispatched
      all.failed += one.failed
      all.millis += one.millis
    }
    const perMinute = ((all.dispatched * 60_000) / all.millis).toFixed(0)
    yield* say(`| ${[hosts, all.dispatched, (all.millis / 1000).toFixed(1), perMinute, all.failed].join(" | ")} |`)
  })

/** What the planner of a fleet of 50 hosts takes for 10,000 bugs. */
const largeTick = (on: Server) =>
  Effect.scoped(
    Effect.gen(function* () {
      const world = yield* makeFleet(on, { hosts: 1, bugs: bugs(10_000) })
      const marks =
        "SELECT md5(n::text), 'other-' || n, '[]'::json, version, 4, 4 FROM hosts, generate_series(1, 49) AS n"
      yield* Effect.promise(() =>
        world.admin.query(`INSERT INTO hosts (mark, name, tags, version, jobs, per_run) ${marks}`)
      )
      const { dispatched, failed, millis } = yield* tick(world)
      const [row] = yield* Effect.promise(() =>
        world.admin.query(
          "SELECT extract(epoch FROM ended - at) * 1000 AS millis, (SELECT count(*) FROM offers) AS offers FROM ticks"
        )
      )
      yield* say(
        `50 hosts, 10,000 bugs: ${Number(row?.["millis"]).toFixed(0)} ms from the tick's begin to its ${String(row?.["offers"])} ` +
          `offers; the planner's run with ${dispatched} dispatches of its own: ${millis.toFixed(0)} ms (${failed} failed)`
      )
    })
  )

await Effect.gen(function* () {
  const on = yield* server
  // Compiles what the figures should not hold.
  yield* Effect.scoped(Effect.flatMap(makeFleet(on, { hosts: 1 }), tick))
  yield* say("| hosts | bugs | seconds | bugs per minute | runs that failed |")
  yield* say("| ----- | ---- | ------- | --------------- | ---------------- |")
  for (const hosts of [1, 2, 4, 8]) yield* rate(on, hosts)
  yield* say("")
  yield* largeTick(on)
}).pipe(Effect.scoped, Effect.runPromise)
