import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Duration, Effect, Either, FastCheck, Fiber, TestClock } from "effect"
import { firstHedged } from "../../../src/dispatch/providers/hedged.ts"
import { makeProviderPool } from "../../../src/dispatch/providers/ProviderPool.ts"
import { RunnerFailed } from "../../../src/domain/Failure.ts"
import { type Provider, type ProviderChain } from "../../../src/domain/Provider.ts"
import { FakeRunner, FakeRunnerState } from "../../../src/testing/index.ts"
import { fakes, runOnce, settings, threeBugs, type World } from "../support.ts"

/** What one provider answers, and after how many milliseconds. */
interface Script {
  readonly latency: number
  readonly yes: boolean
}

const NAMES = ["opencode", "cc-glm", "gemini"] as const
const [first, ...others]: readonly [Provider, ...ReadonlyArray<Provider>] = [
  settings({ providers: [{ name: NAMES[0] }] }).providers[0],
  ...NAMES.slice(1).flatMap((name) => settings({ providers: [{ name }] }).providers)
]
const CHAIN: ProviderChain = [first, ...others]

/** The rules in plain numbers: which provider gets the bug, when that is known, and which were asked. */
const expected = (scripts: ReadonlyArray<Script>, hedgeAfter: number) => {
  const starts: Array<number> = []
  for (const [at] of scripts.entries()) {
    const [before, began] = [scripts[at - 1], starts[at - 1]]
    if (before === undefined || began === undefined) starts.push(0)
    else starts.push(began + (before.yes ? hedgeAfter : Math.min(hedgeAfter, before.latency)))
  }
  const ends = scripts.map(({ latency }, at) => (starts[at] ?? 0) + latency)
  const yes = scripts.flatMap(({ yes }, at) => (yes ? [ends[at] ?? 0] : []))
  const end = yes.length > 0 ? Math.min(...yes) : Math.max(...ends)
  return {
    chosen: yes.length > 0 ? NAMES[ends.indexOf(end)] : undefined,
    end,
    asked: starts.filter((start) => start < end).length
  }
}

const runnerOf = (scripts: ReadonlyArray<Script>) =>
  FakeRunner.layer({
    providers: Object.fromEntries(NAMES.map((name, at) => [name, scripts[at]?.yes === true ? {} : { broken: "down" }])),
    faults: NAMES.map((name, at) => FakeRunner.on("preflight", name).delays(scripts[at]?.latency ?? 0))
  })

const hedged = (scripts: ReadonlyArray<Script>, hedgeAfter: number) =>
  Effect.gen(function* () {
    const pool = yield* makeProviderPool(CHAIN, Effect.succeed([]))
    const ask = firstHedged(
      pool,
      (provider) => Effect.as(pool.preflight(provider), provider.name),
      Duration.millis(hedgeAfter)
    )
    const fiber = yield* Effect.fork(Effect.timed(Effect.either(ask)))
    yield* TestClock.adjust("10 seconds")
    const [duration, result] = yield* Fiber.join(fiber)
    const calls = yield* (yield* FakeRunnerState).calls
    const asked = calls.filter(({ method }) => method === "preflight")
    return { result, millis: Duration.toMillis(duration), asked: asked.map(({ args }) => args[0]) }
  }).pipe(Effect.scoped, Effect.provide(runnerOf(scripts)))

/** One run: which providers were asked, in order, which got the bugs, and how long it took. */
const nightOf = (world: World) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.timed(runOnce))
    for (let step = 0; step < 6; step++) yield* TestClock.adjust("20 seconds")
    const [duration, { lines, report }] = yield* Fiber.join(fiber)
    const calls = yield* (yield* FakeRunnerState).calls
    return {
      asked: calls.flatMap((call) => (call.method === "preflight" ? [String(call.args[0].name)] : [])),
      started: report.outcomes.flatMap((each) => (each._tag === "Dispatched" ? [String(each.provider)] : [])),
      fallbacks: lines.filter((line) => line.includes("PROVIDER_FALLBACK")),
      exit: report.exit,
      millis: Duration.toMillis(duration)
    }
  }).pipe(Effect.provide(fakes(world)))

describe("hedged preflights", () => {
  // Latencies that leave different rests when divided by 8: no two answers come at the same time.
  const script = (rest: number) =>
    FastCheck.record({ latency: FastCheck.nat(200).map((n) => 8 * n + rest), yes: FastCheck.boolean() })
  const scripts = FastCheck.tuple(script(1), script(2), script(4))
  const after = FastCheck.nat(150).map((n) => 8 * n + 8)

  it.effect.prop(
    "the first yes gets the bug, no provider is asked twice, and none is asked once it is decided",
    [scripts, after],
    ([given, hedgeAfter]) =>
      Effect.gen(function* () {
        const { asked, millis, result } = yield* hedged(given, hedgeAfter)
        const rule = expected(given, hedgeAfter)
        assert.strictEqual<string | undefined>(Either.isRight(result) ? result.right.value : undefined, rule.chosen)
        assert.lengthOf(asked, rule.asked)
        assert.strictEqual(Arr.dedupe(asked).length, asked.length)
        assert.strictEqual(millis, rule.end)
      }),
    { fastCheck: { numRuns: 60 } }
  )

  it.effect("of several that have said yes by then, the first of the chain gets the bug, without another wait", () =>
    Effect.gen(function* () {
      const pool = yield* makeProviderPool(CHAIN, Effect.succeed([]))
      const use = (provider: Provider) => Effect.as(pool.preflight(provider), String(provider.name))
      const ask = Effect.timed(firstHedged(pool, use, Duration.seconds(5)))
      const one = yield* Effect.fork(ask)
      yield* TestClock.adjust("8 seconds")
      assert.strictEqual((yield* Fiber.join(one))[1].value, "cc-glm")
      const [at8, two] = yield* ask
      assert.deepStrictEqual([Duration.toMillis(at8), two.value], [0, "cc-glm"], "opencode is known to be slow")
      yield* TestClock.adjust("8 seconds")
      const [at16, three] = yield* ask
      assert.deepStrictEqual([Duration.toMillis(at16), three.value], [0, "opencode"])
    }).pipe(
      Effect.scoped,
      Effect.provide(
        runnerOf([
          { latency: 10_000, yes: true },
          { latency: 1000, yes: true }
        ])
      )
    )
  )

  it.effect("an error that is not the provider's ends the chain, and no later provider is asked", () =>
    Effect.gen(function* () {
      const broken = new RunnerFailed({ operation: "gate", detail: "no metadata.json", blame: "config" })
      const faults = [
        FakeRunner.on("preflight", "opencode").delays("8 seconds"),
        FakeRunner.on("preflight", "opencode").fails(broken),
        FakeRunner.on("preflight", "cc-glm").fails(broken)
      ]
      const { asked, exit } = yield* nightOf({
        ...threeBugs,
        settings: { timeouts: { hedgeAfter: "5 s" } },
        runner: { faults }
      })
      assert.deepStrictEqual([asked, exit], [["opencode", "cc-glm"], 5])
    })
  )

  /** A night in which opencode answers after 40 seconds. */
  const slow = (timeouts: Record<string, string>, more: World["runner"] = {}): World => ({
    ...threeBugs,
    settings: { timeouts, limits: { maxDispatches: 3, maxParallel: 3 } },
    runner: {
      providers: { opencode: { slots: 3 }, "cc-glm": { slots: 3 } },
      ...more,
      faults: [FakeRunner.on("preflight", "opencode").delays("40 seconds"), ...(more.faults ?? [])]
    }
  })

  it.effect("without hedgeAfter a slow provider is waited for, and no other is asked", () =>
    Effect.gen(function* () {
      const { asked, started } = yield* nightOf(slow({}))
      assert.deepStrictEqual([asked, started], [["opencode"], ["opencode", "opencode", "opencode"]])
    })
  )

  it.effect("all bugs of a run go to the next provider after one wait, and the run says why", () =>
    Effect.gen(function* () {
      const { asked, fallbacks, millis, started } = yield* nightOf(slow({ hedgeAfter: "5 s" }))
      assert.deepStrictEqual(
        [asked, started],
        [
          ["opencode", "cc-glm"],
          ["cc-glm", "cc-glm", "cc-glm"]
        ]
      )
      assert.deepStrictEqual(fallbacks, [
        '⚠️ PROVIDER_FALLBACK from=opencode to=cc-glm reason="its preflight has no answer after 5s (timeouts.hedgeAfter)"'
      ])
      assert.isBelow(millis, 10_000, "the slow preflight does not hold the run")
    })
  )

  it.effect("a preflight that was begun is not asked for again: a bug whose start fails waits for its answer", () =>
    Effect.gen(function* () {
      const full = new RunnerFailed({ operation: "start", detail: "no slot", capacity: true, blame: "provider" })
      const failing = FakeRunner.on("start").fails(full).times(1)
      const { asked, started } = yield* nightOf(slow({ hedgeAfter: "5 s" }, { faults: [failing] }))
      assert.deepStrictEqual([asked, started.includes("opencode")], [["opencode", "cc-glm"], true])
    })
  )

  it.effect("an interrupted wait leaves the preflight to the others", () =>
    Effect.gen(function* () {
      const pool = yield* makeProviderPool(CHAIN, Effect.succeed([]))
      const impatient = yield* Effect.fork(pool.preflight(first))
      const other = yield* Effect.fork(pool.preflight(first))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(impatient)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.await(other))._tag, "Success")
    }).pipe(Effect.scoped, Effect.provide(runnerOf([{ latency: 10_000, yes: true }])))
  )
})
