import { Array as Arr, Clock, Duration, Effect, Ref, type Scope } from "effect"
import { emit } from "../../domain/Events.ts"
import { PreflightFailed, RunnerFailed } from "../../domain/Failure.ts"
import type { Probation } from "../../domain/Health.ts"
import type { Job } from "../../domain/Job.ts"
import type { ProviderCheck } from "../../domain/RunReport.ts"
import type { PreflightReport, Provider, ProviderChain, ProviderName } from "../../domain/Provider.ts"
import { localZone } from "../../domain/localZone.ts"
import { waitInWords, type Wait, type Waits } from "../../domain/ProviderWait.ts"
import { oneLine } from "../../domain/Text.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { asked } from "./asked.ts"

/** The state of the providers in one run, shared by all dispatches of the run. */
export interface ProviderPool {
  readonly chain: ProviderChain
  /** Its providers whose jobs keep failing. */
  readonly probation: ReadonlyMap<ProviderName, Probation>
  /** Fails with `PreflightFailed` if the provider waits (see `waitsOf`), or is refused because no budget holds for it. Asks nothing. */
  readonly whenFree: (provider: Provider) => Effect.Effect<void, PreflightFailed>
  /**
   * Runs the preflight once a run; every later caller gets the same answer. A provider that waits is not asked. An interruption
   * ends only the waiting: the preflight goes on until the scope of the pool closes, because another bug may need its answer.
   */
  readonly preflight: (provider: Provider) => Effect.Effect<PreflightReport, PreflightFailed | RunnerFailed>
  /** For how long its preflight has been without an answer, in milliseconds; `undefined` if it has answered or was not begun. */
  readonly unanswered: (provider: Provider) => Effect.Effect<number | undefined>
  /** Takes the provider out for the rest of this run. */
  readonly markDown: (provider: Provider, error: PreflightFailed | RunnerFailed) => Effect.Effect<void>
  /** Counts the free places, which `whyFull` and `slot` need; later calls do nothing. */
  readonly places: Effect.Effect<void>
  /** Why the provider has no free place for another job, if this run has given away so many; `undefined` if it has one. */
  readonly whyFull: (provider: Provider, given: number) => Effect.Effect<string | undefined>
  /** Takes one of the provider's free places. Closing the scope frees the place, unless `use` left it to a job. */
  readonly slot: (provider: Provider) => Effect.Effect<{ readonly use: Effect.Effect<void> }, RunnerFailed, Scope.Scope>
  /** Logs that `from` was passed over for `to`, once a run for each reason. */
  readonly passOver: (from: ProviderName, to: ProviderName, reason: string) => Effect.Effect<void>
  /** Every preflight of this run so far. */
  readonly checks: Effect.Effect<ReadonlyArray<ProviderCheck>>
}

/** Runs one preflight, logs its status lines at INFO and adds its result to `checks`. */
const logged = (
  preflight: Effect.Effect<PreflightReport, PreflightFailed | RunnerFailed>,
  provider: ProviderName,
  checks: Ref.Ref<ReadonlyArray<ProviderCheck>>
) =>
  Effect.gen(function* () {
    const [duration, result] = yield* Effect.timed(Effect.either(preflight))
    const available = result._tag === "Right"
    const lines = available ? result.right.lines : "lines" in result.left ? result.left.lines : []
    yield* Effect.forEach(lines, (line) => Effect.logInfo(`[preflight/${provider}] ${oneLine(line)}`))
    const warnings = available ? result.right.warnings : []
    yield* Effect.forEach(warnings, (line) => Effect.logWarning(`[preflight/${provider}] ${oneLine(line)}`))
    const detail = available ? "" : oneLine(result.left.message)
    const durationMs = Duration.toMillis(duration)
    const { freeAt, needs } =
      !available && result.left._tag === "PreflightFailed" ? result.left : { freeAt: undefined, needs: undefined }
    yield* Ref.update(checks, Arr.append({ provider, available, detail, lines, durationMs, freeAt, needs }))
    return yield* result
  })

/** The provider has no free place. That is no failure of the provider. */
export const full = ({ name: provider }: Provider, detail: string) =>
  new RunnerFailed({ operation: "start", provider, detail, capacity: true, blame: "provider" })

/** A provider on probation gets one job at a time, which shows whether it has recovered. */
const PROBATION_CAP = 1

/** The provider waits, so it is not asked: a preflight may be a paid call. */
const waiting = Effect.fnUntraced(function* ({ name: provider }: Provider, wait: Wait) {
  const detail = waitInWords(wait, { now: yield* Clock.currentTimeMillis, zone: localZone })
  const why = wait.login === undefined ? { freeAt: wait.until } : { needs: wait.login.needed }
  return yield* new PreflightFailed({ provider, detail, lines: [], ...why, blame: "provider" })
})

/** After so many tries a preflight is no proof of a login any more: jobs have contradicted it. */
const MOST_MENDED = 2

/** Whether its preflight tells if the login is there: the model itself answers. A refused question costs nothing. */
const mayBeMended = ({ preflight }: Provider, { login }: Wait): boolean =>
  preflight === "model" && login !== undefined && login.tries <= MOST_MENDED

/**
 * A pool for this chain. The jobs of `running` already take places. `refused`: the providers that get no job, each with why.
 *
 * @example
 * const runner = yield* DxRunner
 * const pool = yield* makeProviderPool(settings.providers, runner.running)
 */
export const makeProviderPool = Effect.fn("makeProviderPool")(function* (
  chain: ProviderChain,
  running: Effect.Effect<ReadonlyArray<Job>, RunnerFailed>,
  probation: ReadonlyMap<ProviderName, Probation> = new Map(),
  waits: Waits = new Map(),
  refused: ReadonlyMap<ProviderName, string> = new Map()
) {
  const runner = yield* DxRunner
  const checks = yield* Ref.make<ReadonlyArray<ProviderCheck>>([])
  const down = yield* Ref.make<ReadonlyMap<ProviderName, PreflightFailed | RunnerFailed>>(new Map())
  const fallbacks = yield* Ref.make<ReadonlySet<string>>(new Set())
  const preflights = new Map(
    yield* Effect.forEach(chain, (provider) =>
      Effect.map(
        asked(logged(runner.preflight(provider), provider.name, checks)),
        (one) => [provider.name, one] as const
      )
    )
  )
  const taken = yield* Ref.make<ReadonlyMap<ProviderName, number>>(new Map())
  const free = yield* Effect.cached(
    Effect.gen(function* () {
      const caps = yield* Effect.orElseSucceed(runner.capacity, () => new Map<ProviderName, number>())
      const jobs = yield* Effect.orElseSucceed(running, () => [])
      return (name: ProviderName) => {
        const cap = Math.min(caps.get(name) ?? Infinity, probation.has(name) ? PROBATION_CAP : Infinity)
        return cap - jobs.filter((job) => job.provider === name).length
      }
    })
  )
  const take = (name: ProviderName, by: number) =>
    Ref.modify(taken, (map) => {
      const count = (map.get(name) ?? 0) + by
      return [count, new Map(map).set(name, count)] as const
    })
  const whyFull: ProviderPool["whyFull"] = ({ name }, given) =>
    Effect.map(free, (room) => {
      if (given < room(name)) return undefined
      if (probation.has(name)) return "on probation, so it gets one job at a time"
      return room(name) <= 0
        ? "no free slot: jobs that run, here or elsewhere on this host, take them all"
        : `no free slot (${room(name)} of its cap free, ${given} taken by this run)`
    })
  const whenFree: ProviderPool["whenFree"] = (provider) => {
    const [detail, wait] = [refused.get(provider.name), waits.get(provider.name)]
    if (detail !== undefined) {
      return Effect.fail(new PreflightFailed({ provider: provider.name, detail, lines: [], blame: "provider" }))
    }
    return wait === undefined || mayBeMended(provider, wait) ? Effect.void : waiting(provider, wait)
  }
  const pool: ProviderPool = {
    chain,
    probation,
    places: Effect.asVoid(free),
    whyFull,
    whenFree,
    preflight: (provider) =>
      Effect.gen(function* () {
        yield* whenFree(provider)
        const error = (yield* Ref.get(down)).get(provider.name)
        if (error !== undefined) return yield* error
        return yield* preflights.get(provider.name)?.ask ?? runner.preflight(provider)
      }),
    unanswered: ({ name }) => preflights.get(name)?.unanswered ?? Effect.sync((): number | undefined => undefined),
    markDown: (provider, error) => Ref.update(down, (map) => new Map(map).set(provider.name, error)),
    slot: (provider) =>
      Effect.gen(function* () {
        const used = yield* Ref.make(false)
        const count = yield* Effect.acquireRelease(take(provider.name, 1), () =>
          Effect.flatMap(Ref.get(used), (kept) => (kept ? Effect.void : take(provider.name, -1)))
        )
        const why = yield* whyFull(provider, count - 1)
        if (why !== undefined) return yield* full(provider, why)
        return { use: Ref.set(used, true) }
      }),
    passOver: (from, to, reason) =>
      Effect.gen(function* () {
        const key = `${from} ${to} ${reason}`
        const before = yield* Ref.getAndUpdate(fallbacks, (set) => new Set(set).add(key))
        if (!before.has(key)) yield* emit({ _tag: "ProviderFallback", from, to, reason })
      }),
    checks: Ref.get(checks)
  }
  return pool
})
