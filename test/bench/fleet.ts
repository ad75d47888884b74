// Prints how many bugs a fleet dispatches in a minute, and what a tick costs. All hosts are in this process, on fakes without
// latencies and a real Postgres on loopback, so the figures are what the database and the pipeline themselves take.
//
//   npm run bench -- fleet
import { Context, Effect, Exit } from "effect"
import { timePasses } from "../faults/fleet/admin.ts"
import { begin, liveJobs, makeFleet, type FleetWorld } from "../faults/fleet/schedules/fleet.ts"
import { server, type Server } from "../postgres/server.ts"
import { FakeRunnerState } from "../../src/testing/index.ts"

/** For each host. A run of a host takes four at most. */
const BUGS_EACH = 12
const MINUTE = 60_000
/** Long enough that the next host begins a tick of its own. */
const NEXT_TICK = 5 * MINUTE

const say = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))
const bugs = (count: number) => Array.from({ length: count }, (_, at) => `app-${at + 1}`)

/** Runs every host once, at the same time; then every job ends. Gives how many there were, and how long the runs took. */
const tick = (world: FleetWorld, later: number) =>
  Effect.gen(function* () {
    yield* Effect.promise(() => timePasses(world.admin, NEXT_TICK))
    const started = performance.now()
    const ends = yield* Effect.forEach(
      world.hosts,
      (host) => Effect.flatMap(begin(world, host, { later, pause: 0 }), ({ ended }) => ended),
      { concurrency: "unbounded" }
    )
    const millis = performance.now() - started
    const failed = ends.filter((end) => Exit.isFailure(end) || end.value.exit !== 0).length
    const jobs = yield* liveJobs(world)
    for (const { beads, host } of jobs) {
      const own = world.hosts.find(({ place }) => place.host === host)?.own
      if (own !== undefined) yield* Context.get(own, FakeRunnerState).finish(beads)
    }
    return { dispatched: jobs.length, failed, millis }
  })

/** Bugs per minute of so many hosts, and how many of their runs failed. */
const rate = (on: Server, hosts: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const world = yield* makeFleet(on, { hosts, bugs: bugs(BUGS_EACH * hosts) })
      const ticks = [yield* tick(world, 0), yield* tick(world, 10 * MINUTE), yield* tick(world, 20 * MINUTE)]
      const sum = (of: (one: (typeof ticks)[number]) => number) => ticks.reduce((all, one) => all + of(one), 0)
      const dispatched = sum((one) => one.dispatched)
      const millis = sum((one) => one.millis)
      const row = [hosts, dispatched, (millis / 1000).toFixed(1), ((dispatched * MINUTE) / millis).toFixed(0)]
      yield* say(`| ${[...row, sum((one) => one.failed)].join(" | ")} |`)
    })
  )

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
      const { dispatched, failed, millis } = yield* tick(world, 0)
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
  yield* Effect.scoped(Effect.flatMap(makeFleet(on, { hosts: 1 }), (world) => tick(world, 0)))
  yield* say("| hosts | bugs | seconds | bugs per minute | runs that failed |")
  yield* say("| ----- | ---- | ------- | --------------- | ---------------- |")
  for (const hosts of [1, 2, 4, 8]) yield* rate(on, hosts)
  yield* say("")
  yield* largeTick(on)
}).pipe(Effect.scoped, Effect.runPromise)
