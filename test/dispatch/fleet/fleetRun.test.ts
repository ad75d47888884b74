import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { vi } from "vitest"
import * as dispatchIssue from "../../../src/dispatch/attempt/dispatchIssue.ts"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { PreflightFailed, WorkspaceFailed } from "../../../src/domain/Failure.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { CurrentSettings } from "../../../src/domain/Settings.ts"
import {
  CallLog,
  FakeBeads,
  FakeExistingWork,
  FakePrompts,
  FakeRunner,
  FakeVerifier,
  FakeWorkspaces
} from "../../../src/testing/index.ts"
import { onPostgres } from "../../postgres/shared.ts"
import { besides, journalAt, placeOn, type Place } from "../../journal/postgres/postgresWorld.ts"
import { opencode, outcomesByBug, settings, trackerDown, withLog } from "../support.ts"

vi.setConfig({ testTimeout: 60_000 })

const TITLES = ["", "Login fails", "Crash at start", "Wrong total", "Mail is lost", "Clock drifts"]

/** What one host of the test has. */
interface Host {
  readonly settings?: Record<string, unknown>
  readonly runner?: FakeRunner.FakeRunnerScript
  readonly work?: FakeExistingWork.FakeExistingWorkScript
  readonly workspaces?: FakeWorkspaces.FakeWorkspacesScript
  readonly beads?: FakeBeads.FakeBeadsScript["faults"]
}

onPostgres("a run of a host of a fleet", (server) => {
  /** These hosts on one journal and one tracker with these bugs. */
  const fleet = (issues: NonNullable<FakeBeads.FakeBeadsScript["issues"]>, ...hosts: ReadonlyArray<Host>) =>
    Effect.gen(function* () {
      const first: Place = yield* placeOn(server)
      const tracker = yield* Layer.build(
        FakeBeads.layer({ issues, faults: hosts.flatMap(({ beads = [] }) => beads) }).pipe(
          Layer.provideMerge(CallLog.layer)
        )
      )
      const at = Effect.fnUntraced(function* (host: Host, index: number) {
        const name = `vm-${index + 1}`
        const place: Place = { ...(index === 0 ? first : yield* besides(first)), host: name }
        const services = yield* Layer.build(
          dispatchIssue.layer.pipe(
            Layer.provideMerge(
              Layer.mergeAll(
                FakeRunner.layer(host.runner),
                FakePrompts.layer(),
                FakeVerifier.layer(),
                FakeWorkspaces.layer(host.workspaces),
                FakeExistingWork.layer(host.work),
                journalAt(place)
              )
            ),
            Layer.provideMerge(
              Layer.succeed(CurrentSettings, settings({ limits: { maxParallel: 2 }, ...host.settings }))
            ),
            Layer.provideMerge(Layer.succeedContext(tracker))
          )
        )
        let runs = 0
        const once = Effect.suspend(() => {
          runs++
          const run = RunId.make(`20261122T03000${runs}Z-4f2a9${index}`)
          return withLog(nightlyRun({ run, host: name, repository: { name: "app", path: "/src/app" } })).pipe(
            Effect.provide(services),
            Effect.map(({ lines, result }) => ({ lines, report: result, outcomes: outcomesByBug(result.outcomes) }))
          )
        })
        return { once }
      })
      const { run } = yield* server
      const database = new URL(Redacted.value(first.address)).pathname.slice(1)
      return {
        runs: (yield* Effect.forEach(hosts, at)).map(({ once }) => once),
        /** As if this much time had passed since the last tick. */
        later: Effect.sync(() =>
          run(database, "UPDATE ticks SET at = at - interval '1 hour', until = until - interval '1 hour'")
        ),
        sql: (statement: string) => run(database, statement).trim()
      }
    })
  const dispatched = (outcomes: Record<string, string>) =>
    Object.entries(outcomes).flatMap(([id, words]) => (words === "Dispatched" ? [id] : []))
  const bug = (n: number, more: object = {}) => ({
    id: `bd-${n}`,
    title: TITLES[n] ?? "",
    ...more
  })

  it.scopedLive("gets what it has places for; each bug goes to one host, and one host plans", () =>
    Effect.gen(function* () {
      const { runs, sql } = yield* fleet(
        [1, 2, 3, 4, 5].map((n) => bug(n)),
        {},
        {},
        {}
      )
      // Each host must be known before it can be planned for.
      sql("UPDATE hosts SET jobs = 2, per_run = 3")
      const reports = yield* Effect.all(runs, { concurrency: "unbounded" })
      const all = reports.flatMap(({ outcomes }) => dispatched(outcomes))
      assert.sameMembers(all, ["bd-1", "bd-2", "bd-3", "bd-4", "bd-5"])
      for (const { outcomes } of reports) assert.isAtMost(dispatched(outcomes).length, 2)
      assert.strictEqual(sql("SELECT count(*) FROM ticks"), "1")
      assert.strictEqual(
        sql("SELECT string_agg(DISTINCT outcome, ' ') FROM offers WHERE ended IS NOT NULL"),
        "dispatched"
      )
      assert.strictEqual(
        reports.filter(({ lines }) =>
          lines.some((line) => /this host plans the tick: 5 bugs offered, 6 places free on 3 hosts/.test(line))
        ).length,
        1
      )
      assert.deepStrictEqual(
        reports.map(({ report }) => report.exit),
        [0, 0, 0]
      )
    })
  )

  it.scopedLive("that comes late takes what is left, and says who planned if nothing is", () =>
    Effect.gen(function* () {
      const {
        runs: [one, two],
        sql
      } = yield* fleet([bug(1), bug(2), bug(3)], {}, {})
      assert(one !== undefined && two !== undefined)
      sql("UPDATE hosts SET jobs = 2, per_run = 3")
      assert.lengthOf(dispatched((yield* one).outcomes), 2)
      const late = yield* two
      assert.deepStrictEqual(dispatched(late.outcomes), ["bd-3"])
      assert.strictEqual(late.report.fetched, 1)
      const again = yield* two
      assert.match(again.report.noneTaken ?? "", /^vm-1 planned this tick \d+s ago, and no bug is left for this host$/)
      assert.strictEqual(again.report.exit, 0)
    })
  )

  it.scopedLive("without the tag that a bug needs leaves it to a host that has it", () =>
    Effect.gen(function* () {
      const {
        later,
        runs: [one, two],
        sql
      } = yield* fleet(
        [bug(1, { labels: ["needs-gpu"] })],
        { settings: { intake: { hostTags: { "needs-gpu": "gpu" } } } },
        { settings: { intake: { hostTags: { "needs-gpu": "gpu" } }, host: { tags: ["gpu"] } } }
      )
      assert(one !== undefined && two !== undefined)
      sql(`UPDATE hosts SET jobs = 2, per_run = 3, seen = now() - interval '2 days' WHERE name = 'vm-2'`)
      const alone = yield* one
      assert.deepStrictEqual(alone.outcomes, { "bd-1": "Skipped other_host" })
      yield* later
      sql(`UPDATE hosts SET seen = now(), tags = '["gpu"]' WHERE name = 'vm-2'`)
      const planner = yield* one
      assert.deepStrictEqual(planner.outcomes, {})
      assert.strictEqual(planner.report.noneTaken, "every bug that may be taken is offered to the other hosts")
      assert.deepStrictEqual(dispatched((yield* two).outcomes), ["bd-1"])
    })
  )

  it.scopedLive("whose tracker cannot be read lets another host plan at once", () =>
    Effect.gen(function* () {
      const beads = [FakeBeads.on("openBugs").fails(trackerDown).times(1)]
      const {
        runs: [one, two],
        sql
      } = yield* fleet([bug(1)], { beads }, {})
      assert(one !== undefined && two !== undefined)
      assert.strictEqual((yield* one).report.exit, 4)
      assert.deepStrictEqual(dispatched((yield* two).outcomes), ["bd-1"])
      assert.strictEqual(sql("SELECT count(*) || ' ' || max(epoch) FROM ticks"), "1 2")
    })
  )

  it.scopedLive("whose worktrees fail gives its bugs back, and leaves no claim", () =>
    Effect.gen(function* () {
      const full = new WorkspaceFailed({ detail: "no space left", blame: "host" })
      const {
        runs: [one, two],
        sql
      } = yield* fleet([bug(1), bug(2)], { workspaces: { faults: [FakeWorkspaces.on("acquire").fails(full)] } }, {})
      assert(one !== undefined && two !== undefined)
      sql("UPDATE hosts SET jobs = 2, per_run = 3")
      const failed = yield* one
      assert.sameMembers(Object.values(failed.outcomes), ["Failed runner_error", "Failed runner_error"])
      assert.strictEqual(sql("SELECT count(*) FROM offers WHERE ended IS NULL AND host IS NULL"), "2")
      assert.sameMembers(dispatched((yield* two).outcomes), ["bd-1", "bd-2"])
    })
  )

  it.scopedLive("whose providers all fail takes no bug from the others", () =>
    Effect.gen(function* () {
      const down = new PreflightFailed({ provider: opencode, detail: "down", lines: [], blame: "provider" })
      const {
        runs: [one, two],
        sql
      } = yield* fleet([bug(1)], { runner: { faults: [FakeRunner.on("preflight").fails(down)] } }, {})
      assert(one !== undefined && two !== undefined)
      const failed = yield* one
      assert.deepStrictEqual([failed.outcomes, failed.report.exit], [{}, 1])
      assert.strictEqual(sql("SELECT count(*) FROM offers WHERE ended IS NULL AND host IS NULL"), "1")
      assert.deepStrictEqual(dispatched((yield* two).outcomes), ["bd-1"])
    })
  )
})
