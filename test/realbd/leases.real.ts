import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Option, Schedule } from "effect"
import { LEASES, VERSION } from "./realBd.ts"
import { realMachine, type Host } from "./realMachine.ts"
import type { Tracker } from "./realBd.ts"

const ID = "bd-a"

/** The job outlasts a lease of bd, five minutes, by this much. */
const JOB = Duration.seconds(390)

/** Anybody may do this at any time: it frees each claim whose lease is over. */
const reclaim = (tracker: Tracker) => Effect.asVoid(tracker.bd("reclaim", "--older-than", "0s", "--json"))

/** Looks again and again until something holds; gives whether it came to hold in time. */
const soon = (holds: Effect.Effect<boolean>, within: Duration.DurationInput): Effect.Effect<boolean> =>
  holds.pipe(
    Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("1 second") }),
    Effect.timeoutOption(within),
    Effect.map(Option.isSome)
  )

const isFree = (tracker: Tracker): Effect.Effect<boolean> =>
  Effect.map(tracker.read(ID), ({ assignee, status }) => status === "open" && assignee === undefined)

/** Reclaims beside a job until shortly before its end. The seconds after which the claim was lost; `undefined` if it was not. */
const lostAfter = (tracker: Tracker, holder: string | undefined): Effect.Effect<number | undefined> =>
  Effect.gen(function* () {
    const begin = yield* Clock.currentTimeMillis
    for (;;) {
      yield* reclaim(tracker)
      const { assignee } = yield* tracker.read(ID)
      const after = (yield* Clock.currentTimeMillis) - begin
      if (assignee !== holder) return Math.round(after / 1000)
      if (after > Duration.toMillis(JOB) - 10_000) return undefined
      yield* Effect.sleep("10 seconds")
    }
  })

/** The watcher ends by itself once the job has ended; a watcher that does not is ended with the test. */
const endOfWatcher = (host: Host) =>
  Effect.flatMap(
    soon(
      Effect.sync(() => host.watchers().length === 0),
      "30 seconds"
    ),
    (hasEnded) =>
      Effect.sync(() => {
        for (const pid of host.watchers()) process.kill(pid, "SIGKILL")
        assert.isTrue(hasEnded, "the watcher lives on")
      })
  )

describe.runIf(LEASES)(`leases of bd ${VERSION}`, () => {
  it.scopedLive(
    "a job that outlasts its lease keeps its claim beside `bd reclaim --older-than 0s`, and is settled when it ends",
    () =>
      Effect.gen(function* () {
        const { hosts, tracker } = yield* realMachine([{ id: ID, title: "boom", priority: 1 }])
        const [host] = hosts
        assert(host !== undefined)
        yield* Effect.addFinalizer(() => Effect.orDie(endOfWatcher(host)))
        const seconds = String(Duration.toSeconds(JOB))
        const run = yield* host.nd(["run"], { NIGHTLY_DISPATCH_WATCH: "auto", FAKE_DX_JOB_SECONDS: seconds })
        assert.strictEqual(run.code, 0, run.stderr)
        const { assignee } = yield* tracker.read(ID)
        assert.match(assignee ?? "", /^nightly-dispatch\//)
        assert.isUndefined(yield* lostAfter(tracker, assignee), `seconds after which the claim was lost\n${run.stderr}`)
        assert.isTrue(yield* soon(isFree(tracker), "120 seconds"), "the job was not settled when it ended")
      }),
    660_000
  )
})
