import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ackOf, endingOf } from "../../src/domain/Attempt.ts"
import { defaultSettings } from "../../src/domain/defaultSettings.ts"
import { isStuck } from "../../src/domain/Unchanged.ts"
import { Choices } from "../faults/soak/random.ts"
import { figuresOf } from "./figures.ts"
import { BEGIN, play, type Played } from "./play.ts"
import { week, type Outage, type SimProvider } from "./scenario.ts"

const KINDS = ["preflight", "words", "silent"] as const
/** `npm run simulate` plays more of them. */
const SEEDS = [1]
const { maxAttempts } = defaultSettings.limits

const ENDS = {
  solved: ["succeeded"],
  unsolved: ["failed", "no_op"],
  provider: ["failed"],
  host: ["lost"],
  human: ["needs_human"]
} as const

/** Every solvable bug is done, none is locked out, none that is hopeless takes too much, and each end is what really happened. */
const judge = (played: Played, kind: Outage["kind"]) => {
  const figures = figuresOf(played)
  const seen = JSON.stringify(figures)
  assert.strictEqual(figures.solved, 6, seen)
  assert.isEmpty(figures.lockedOut, seen)
  assert.strictEqual(figures.bugsBlamed, 0, seen)
  assert.strictEqual(figures.providersBlamed, 0, seen)
  // Nobody can tell whether a job that fails without a word, before the first good job, still was the provider's fault.
  assert.isAtMost(figures.mostHopeless, maxAttempts + (kind === "silent" ? 1 : 0), seen)
  for (const { attempt, truth } of played.jobs) {
    const ending = endingOf(played.attempts.find(({ actor }) => actor === attempt)!)
    if (ending !== undefined) assert.include([...ENDS[truth]], ending.end, ending.detail)
  }
  return figures
}

const dies = (name: string, ...outages: ReadonlyArray<Outage>): SimProvider => ({ name, outages })

/** What the jobs of each night came to. A night of the simulation goes from ten in the evening to noon. */
const nightsOf = ({ attempts }: Played) => {
  const nights = new Map<number, { jobs: number; minutes: number }>()
  for (const attempt of attempts.filter((each) => ackOf(each) !== undefined)) {
    const night = Math.floor((attempt.createdAt - BEGIN) / 86_400_000)
    const { jobs, minutes } = nights.get(night) ?? { jobs: 0, minutes: 0 }
    const ran = (endingOf(attempt)?.durationMs ?? 0) / 60_000
    nights.set(night, { jobs: jobs + 1, minutes: minutes + ran })
  }
  return [...nights.values()]
}

/** The budget was spent in some nights, which blames nobody and fails nothing. */
const judgeBudget = (played: Played) => {
  const figures = figuresOf(played)
  assert.deepStrictEqual([figures.bugsBlamed, figures.providersBlamed, figures.lockedOut], [0, 0, []])
  const held = played.reports.filter(({ outcomes }) =>
    outcomes.some((each) => each._tag === "Skipped" && each.reason === "budget")
  )
  assert.isAbove(held.length, 3)
  for (const { error, failed } of held) assert.deepStrictEqual([error, failed], [undefined, 0])
  const spent = held.filter(({ dispatched }) => dispatched === 0)
  assert.isAbove(spent.length, 3)
  for (const { providers } of spent) assert.isEmpty(providers, "no preflight is paid")
  return figures
}

describe("a simulated week of eight bugs, two of which cannot be solved", () => {
  for (const kind of KINDS) {
    for (const seed of SEEDS) {
      it.effect(`one of three providers dies and recovers (${kind}, seed ${seed})`, () =>
        Effect.gen(function* () {
          const choices = new Choices(seed)
          const providers = [dies("opencode", { from: 2, to: 74, kind }), dies("cc-glm"), dies("gemini")]
          judge(yield* play(week(providers, choices), choices), kind)
        })
      )
      it.effect(`the only provider dies and recovers (${kind}, seed ${seed})`, () =>
        Effect.gen(function* () {
          const choices = new Choices(seed)
          judge(yield* play(week([dies("opencode", { from: 2, to: 50, kind })], choices), choices), kind)
        })
      )
    }
  }

  it.effect("a pause stops dispatching within one tick, settling goes on, and no bug suffers from it", () =>
    Effect.gen(function* () {
      const choices = new Choices(1)
      // From the second run of the first night until the third night.
      const [from, to] = [1, 50]
      const played = yield* play({ ...week([dies("opencode")], choices), pauses: [[from, to]] }, choices)
      judge(played, "preflight")
      const isPaused = (at: number) => at >= BEGIN + from * 3_600_000 && at < BEGIN + to * 3_600_000
      const during = played.reports.filter(({ startedAt }) => isPaused(Date.parse(startedAt)))
      assert.lengthOf(during, 17, "the runs of two nights, and the first two of the third")
      for (const { dispatched, outcomes, paused } of during)
        assert.deepStrictEqual([paused !== undefined, dispatched, outcomes], [true, 0, []])
      assert.isEmpty(played.attempts.filter(({ createdAt }) => isPaused(createdAt)))
      const settled = played.attempts.filter(({ phase, updatedAt }) => phase === "settled" && isPaused(updatedAt))
      const begun = played.attempts.filter(({ createdAt }) => createdAt < BEGIN + from * 3_600_000)
      assert.isAbove(begun.length, 0)
      assert.lengthOf(settled, begun.length)
      for (const report of played.reports.filter((each) => !during.includes(each))) assert.isUndefined(report.paused)
    })
  )

  it.effect("shadow runs beside the runs change nothing: same reports, same records, same calls", () =>
    Effect.gen(function* () {
      const playWith = (shadows: boolean) => {
        const choices = new Choices(1)
        const providers = [dies("opencode", { from: 2, to: 74, kind: "words" }), dies("cc-glm"), dies("gemini")]
        return play({ ...week(providers, choices), shadows }, choices)
      }
      const [alone, beside] = [yield* playWith(false), yield* playWith(true)]
      assert.deepStrictEqual(alone.shadows, { kept: 0, planned: 0 })
      assert.strictEqual(beside.shadows.kept, 2 * beside.reports.length)
      assert.isAbove(beside.shadows.planned, 0)
      assert.deepStrictEqual(beside.reports, alone.reports)
      assert.deepStrictEqual(beside.attempts, alone.attempts)
      assert.deepStrictEqual(beside.notices, alone.notices)
      assert.deepStrictEqual(beside.writes, alone.writes)
      assert.deepStrictEqual(beside.solved, alone.solved)
    })
  )

  it.effect("the only provider fails without a word from the beginning, and recovers", () =>
    Effect.gen(function* () {
      const choices = new Choices(1)
      const provider = dies("opencode", { from: 0, to: 74, kind: "silent" })
      judge(yield* play(week([provider], choices), choices), "silent")
    })
  )

  const humanJobs = (played: Played) => played.jobs.filter(({ truth }) => truth === "human")

  it.effect("a login expires for a night: the other provider works, and no more than a handful of jobs are burnt", () =>
    Effect.gen(function* () {
      const choices = new Choices(1)
      const providers = [dies("opencode", { from: 0, to: 22, kind: "login" }), dies("cc-glm")]
      const played = yield* play(week(providers, choices), choices)
      judge(played, "preflight")
      const burnt = humanJobs(played)
      assert.isAbove(burnt.length, 0)
      assert.isAtMost(burnt.length, 6, JSON.stringify(burnt))
      assert.isAbove(
        played.jobs.filter(({ provider }) => provider === "opencode").length,
        burnt.length,
        "it works again"
      )
    })
  )

  it.effect("the only provider's login expires for a night: no bug is charged, and all are solved later", () =>
    Effect.gen(function* () {
      const choices = new Choices(1)
      const played = yield* play(week([dies("opencode", { from: 0, to: 22, kind: "login" })], choices), choices)
      judge(played, "preflight")
      assert.isAtMost(humanJobs(played).length, 6)
    })
  )

  for (const others of [["cc-glm"], []]) {
    const who = others.length === 0 ? "nobody takes the work" : "the next one takes the work"
    it.effect(`a provider says when its limit ends: no job is burnt meanwhile, ${who}`, () =>
      Effect.gen(function* () {
        const choices = new Choices(1)
        // From the second run of the first night until the middle of the second night.
        const [from, to] = [0.5, 27.5]
        const limited = dies("opencode", { from, to, kind: "limit" })
        const played = yield* play(week([limited, ...others.map((name) => dies(name))], choices), choices)
        judge(played, "preflight")
        const burnt = played.jobs.filter(({ truth }) => truth === "provider")
        assert.isAbove(burnt.length, 0)
        assert.isAtMost(burnt.length, 2, "those of the run that met the limit")
        const begunBy = (isLimited: boolean) =>
          played.attempts.flatMap((attempt) =>
            (ackOf(attempt)?.provider === "opencode") === isLimited ? [(attempt.createdAt - BEGIN) / 3_600_000] : []
          )
        const isMeanwhile = (at: number) => at >= from + 1 && at < to
        assert.isEmpty(begunBy(true).filter(isMeanwhile))
        // With two providers all bugs are done by then.
        if (others.length > 0) assert.isAbove(begunBy(false).filter(isMeanwhile).length, 0)
        else assert.isBelow(Math.min(...begunBy(true).filter((at) => at >= to)), to + 1, "the first run after its end")
      })
    )
  }

  it.effect("one bug needs a permission: it is held, burns a few jobs, and the others are solved", () =>
    Effect.gen(function* () {
      const choices = new Choices(1)
      const scenario = week([dies("opencode")], choices)
      const asking = scenario.bugs.find(({ chance }) => chance > 0)?.id
      const bugs = scenario.bugs.map((bug) => (bug.id === asking ? { ...bug, chance: 0, asks: ["opencode"] } : bug))
      const played = yield* play({ ...scenario, bugs }, choices)
      const figures = figuresOf(played)
      assert.deepStrictEqual(
        [figures.solved, figures.solvable, figures.bugsBlamed, figures.providersBlamed],
        [5, 5, 0, 0]
      )
      const burnt = humanJobs(played)
      assert.deepStrictEqual([...new Set(burnt.map(({ bug }) => bug))], [asking])
      // In the first night after 1 h, 2 h, 4 h; then once a night.
      assert.isAtMost(burnt.length, 10)
      const held = played.reports.flatMap(({ outcomes }) =>
        outcomes.flatMap((each) => (each._tag === "Skipped" && each.beads === asking ? [each.reason] : []))
      )
      assert.include(held, "needs_human")
      assert.notInclude(held, "attempts_used_up")
      assert.notInclude(held, "backing_off")
    })
  )

  it.effect("a bug that is always second in the queue is known after three nights, and not before", () =>
    Effect.gen(function* () {
      const choices = new Choices(1)
      const nights = 4
      // A more urgent bug comes before each run, which takes one.
      const urgent = Array.from({ length: nights * 8 }, (_, run) => ({
        id: `bd-${run + 1}`,
        priority: 0,
        filed: Math.floor(run / 8) * 24 + (run % 8),
        chance: 1
      }))
      const late = { id: "bd-late", priority: 1, filed: 0, chance: 1 }
      const queue = { ...week([dies("opencode")], choices), bugs: [late, ...urgent], limits: { maxDispatches: 1 } }
      const stuckAfter = (nights: number) =>
        Effect.map(play({ ...queue, nights }, choices), ({ reports, unchanged }) => {
          const now = Date.parse(reports.at(-1)?.startedAt ?? "")
          return unchanged.filter((each) => isStuck(each, now)).map(({ beads, runs }) => `${beads} ${runs}`)
        })
      assert.deepStrictEqual(yield* stuckAfter(2), [])
      assert.deepStrictEqual(yield* stuckAfter(3), ["bd-late 24"])
      assert.deepStrictEqual(yield* stuckAfter(4), ["bd-late 32"])
    })
  )

  it.effect("the host is busy for two nights: these take nothing, fail nothing and blame nothing", () =>
    Effect.gen(function* () {
      const choices = new Choices(1)
      const scenario = week([dies("opencode"), dies("cc-glm")], choices)
      const played = yield* play({ ...scenario, busy: [2, 50] }, choices)
      judge(played, "preflight")
      // Eight runs a night: the third to the sixteenth, and two of the third night.
      const held = played.reports.slice(2, 18)
      assert.isTrue(held.every(({ chosen, dispatched, providers }) => chosen + dispatched + providers.length === 0))
      assert.isTrue(held.every(({ failed }) => failed === 0))
      const reasons = held.flatMap(({ outcomes }) => outcomes.map((each) => each._tag === "Skipped" && each.reason))
      assert.include(reasons, "host_busy")
      assert.isAbove(played.reports[18]?.dispatched ?? 0, 0)
    })
  )

  it.effect("a night's budget of two jobs is never exceeded, and each bug has its turn", () =>
    Effect.gen(function* () {
      const choices = new Choices(1)
      const scenario = week([dies("opencode"), dies("cc-glm")], choices)
      const played = yield* play({ ...scenario, limits: { jobsPerNight: 2 } }, choices)
      assert.strictEqual(judgeBudget(played).solved, 6)
      for (const { jobs } of nightsOf(played)) assert.isAtMost(jobs, 2)
    })
  )

  it.effect("a night's budget of minutes is exceeded by the jobs in flight at most", () =>
    Effect.gen(function* () {
      const [minutes, parallel, longest] = [60, 2, 90]
      const choices = new Choices(1)
      const scenario = week([dies("opencode"), dies("cc-glm")], choices)
      const limits = { agentMinutesPerNight: minutes, maxParallel: parallel }
      const played = yield* play({ ...scenario, limits }, choices)
      judgeBudget(played)
      const nights = nightsOf(played)
      for (const night of nights) assert.isAtMost(night.minutes, minutes + parallel * longest)
      assert.isTrue(nights.some((night) => night.minutes >= minutes))
      // No job began after the budget was spent.
      for (const attempt of played.attempts.filter((each) => ackOf(each) !== undefined)) {
        const before = played.attempts.filter(
          (each) =>
            Math.floor((each.createdAt - BEGIN) / 86_400_000) ===
              Math.floor((attempt.createdAt - BEGIN) / 86_400_000) && each.createdAt < attempt.createdAt
        )
        const ran = before.map((each) =>
          Math.min(endingOf(each)?.durationMs ?? Number.POSITIVE_INFINITY, attempt.createdAt - each.createdAt)
        )
        assert.isBelow(ran.reduce((sum, each) => sum + each, 0) / 60_000, minutes)
      }
    })
  )
})
