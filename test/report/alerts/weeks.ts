import * as FileSystem from "@effect/platform/FileSystem"
import { DateTime, Effect, Layer, Ref, TestClock } from "effect"
import { Channels } from "../../../src/alerts/Channel.ts"
import { textOf } from "../../../src/alerts/messageText.ts"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { settleNow } from "../../../src/dispatch/settle/settleNow.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { alertPass } from "../../../src/report/alerts/alertPass.ts"
import {
  FakeBeads,
  FakeBeadsState,
  FakeExec,
  FakeRunnerState,
  FakeWorkspacesState
} from "../../../src/testing/index.ts"
import { fakes, options, trackerDown } from "../../dispatch/support.ts"

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000]
/** A Monday. */
const BEGIN = Date.UTC(2026, 10, 2)
/** Cron starts a run at these hours, and settles at the others. */
const RUNS = new Set([0, 2, 4, 22])
const SETTLES = new Set([8, 13])

const utc = () => DateTime.zoneUnsafeMakeNamed("UTC")

/** Something that happens at an hour since the begin. */
interface Incident {
  readonly at: number
  readonly what: Effect.Effect<void, never, FakeBeadsState | FakeRunnerState | FakeWorkspacesState>
}

const at = (day: number, hour: number, what: Incident["what"]): Incident => ({ at: (day - 1) * 24 + hour, what })
const bug = (id: string, changes: Partial<FakeBeads.FakeIssue> = {}) =>
  Effect.flatMap(FakeBeadsState, ({ edit }) => edit(id, changes))
const files = (day: number, ...names: ReadonlyArray<string>) =>
  names.map((name, n) =>
    at(
      day,
      10,
      bug(`app-${name}`, {
        title: `${name}: ${"x".repeat(n + 3)} ${name} is wrong`,
        createdAt: BEGIN + (day - 1) * DAY
      })
    )
  )
const closes = (day: number, ...names: ReadonlyArray<string>) =>
  names.map((name) => at(day, 12, bug(`app-${name}`, { status: "closed", labels: [] })))
const within = (day: number, hour: number, toDay: number, toHour: number) => (now: number) =>
  now >= (day - 1) * 24 + hour && now < (toDay - 1) * 24 + toHour

/** The bugs that come, and the person who looks at the work each noon, but forgets two. */
const PERSON: ReadonlyArray<Incident> = [
  ...files(1, "login", "cart"),
  ...closes(2, "login", "cart"),
  ...files(2, "search"),
  ...closes(3, "search"),
  ...files(3, "hopeless"),
  ...files(4, "mail", "menu"),
  ...closes(9, "mail"),
  ...closes(6, "menu"),
  ...files(8, "theme"),
  ...closes(10, "theme"),
  at(11, 9, bug("app-hopeless", { description: "now it says which script is missing" })),
  ...files(14, "date"),
  ...closes(16, "date"),
  ...files(18, "slow")
]

/** What breaks, and until when. Hours since the begin. */
const opencodeIsDown = within(4, 20, 6, 20)
const allIsDown = within(8, 20, 9, 20)
const trackerIsDown = within(10, 20, 11, 6)
const hostIsOff = within(12, 20, 14, 7)

/** What a person gets in three weeks, in order, each message as its text, with when it was sent. */
export const threeWeeks = Effect.gen(function* () {
  const lines = yield* Ref.make<ReadonlyArray<string>>([])
  let hour = 0
  const broken = (name: string) => allIsDown(hour) || (name === "opencode" && opencodeIsDown(hour))
  const provider = (name: string) => ({
    enumerable: true,
    get: () => ({ slots: 2, ...(broken(name) ? { broken: `${name}: Canonical model unavailable` } : {}) })
  })
  const channel = {
    name: "slack",
    target: "a test",
    send: (outgoing: Parameters<typeof textOf>[0]) =>
      Ref.update(lines, (all) => [
        ...all,
        `--- ${new Date(BEGIN + hour * HOUR).toISOString().slice(0, 16)}`,
        textOf(outgoing, { zone: utc })
      ])
  } as const
  const world = {
    beads: { issues: [] },
    runner: {
      providers: Object.defineProperties({}, { opencode: provider("opencode"), "cc-glm": provider("cc-glm") })
    },
    settings: {
      providers: ["opencode", "cc-glm"].map((name) => ({ name })),
      schedule: `0 ${[...RUNS].join()} * * *`,
      limits: { warmUp: "1 ms" },
      alerts: { quietHours: "21:00-07:00", digestAt: "07:30" }
    }
  }

  const runIdAt = (kind: string) =>
    RunId.make(`${new Date(BEGIN + hour * HOUR).toISOString().replace(/[-:]|\.\d+/g, "")}-${kind.padStart(6, "0")}`)
  const tell = (kind: string) =>
    alertPass(Effect.succeed({ ...options, run: runIdAt(kind) }), {
      program: "nightly-dispatch",
      time: "2 seconds",
      zone: utc
    })

  /** The agents that have begun are done after an hour; all solve their bug but one. */
  const endJobs = Effect.gen(function* () {
    const [runner, workspaces] = yield* Effect.all([FakeRunnerState, FakeWorkspacesState])
    for (const { beads, phase, worktree } of yield* runner.jobs) {
      if (phase !== "running") continue
      if (beads === "app-slow") yield* runner.turn(beads, "stalled")
      else if (beads === "app-hopeless") yield* runner.finish(beads, 3, { words: "npm ERR! missing script: test" })
      else {
        if (worktree !== undefined) yield* workspaces.leaveWork(worktree, 2)
        yield* runner.finish(beads)
      }
    }
  })

  const passTo = (next: number) =>
    Effect.gen(function* () {
      for (const { at, what } of PERSON) {
        if (at > hour && at <= next) yield* what
      }
      hour = next
      yield* TestClock.setTime(BEGIN + hour * HOUR)
    })

  yield* Effect.gen(function* () {
    const beads = yield* FakeBeadsState
    for (let tick = 0; tick < 21 * 24; tick++) {
      yield* passTo(tick)
      if (hostIsOff(tick)) continue
      const clock = tick % 24
      const isWork = RUNS.has(clock) || SETTLES.has(clock)
      if (!isWork) continue
      if (trackerIsDown(tick)) yield* beads.inject(FakeBeads.on("openBugs").fails(trackerDown).times(2))
      yield* RUNS.has(clock)
        ? nightlyRun({ ...options, run: runIdAt("1") })
        : settleNow({ ...options, run: runIdAt("2") })
      yield* TestClock.adjust(MINUTE)
      yield* tell("3")
      yield* TestClock.adjust(50 * MINUTE)
      yield* endJobs
    }
  }).pipe(
    Effect.provide([
      Layer.succeed(Channels, [channel]),
      FileSystem.layerNoop({}),
      FakeExec.layer({ installed: {}, run: () => ({ exitCode: 1 }) }),
      fakes(world)
    ])
  )
  return (yield* Ref.get(lines)).join("\n")
})
