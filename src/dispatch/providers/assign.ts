import { Array as Arr, Effect, Order, Ref } from "effect"
import {
  PreflightFailed,
  type DispatchError,
  type ProviderUnavailable,
  type ProviderAttempt,
  type RunnerFailed
} from "../../domain/Failure.ts"
import { byHealth } from "../../domain/Health.ts"
import type { Issue } from "../../domain/Issue.ts"
import { unsuccessful, type Outcome } from "../../domain/Outcome.ts"
import type { Provider, ProviderChain, ProviderName } from "../../domain/Provider.ts"
import type { Plan } from "../plan/plan.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { firstProvider } from "./chain.ts"
import { firstHedged } from "./hedged.ts"
import { full, type ProviderPool } from "./ProviderPool.ts"

/** Where one chosen bug goes: the chain that its dispatch tries, or why no provider takes it. */
export type Assignment =
  | {
      readonly _tag: "Assigned"
      readonly issue: Issue
      readonly chain: ProviderChain
      readonly passedOver: ReadonlyArray<ProviderAttempt>
    }
  | { readonly _tag: "Left"; readonly outcome: Outcome }

/**
 * The chain of one bug: providers on probation last, then those that failed with the bug before; without those that need a person
 * for it. A plan chooses no bug for which all of them do.
 */
const chainOf = (
  { chain, probation }: ProviderPool,
  failed: ReadonlySet<ProviderName>,
  held: ReadonlySet<ProviderName>
): ProviderChain => {
  const sorted = byHealth(
    Arr.sortWith(chain, ({ name }) => failed.has(name), Order.boolean),
    probation
  )
  const free = sorted.filter(({ name }) => !held.has(name))
  return Arr.isNonEmptyArray(free) ? free : sorted
}

const doubtful = ({ name: provider }: Provider, doubt: string) =>
  new PreflightFailed({ provider, detail: `its preflight passed, but ${doubt}`, lines: [], blame: "provider" })

/** A wrong setting, such as a provider that does not exist: every bug would fail the same way. */
const isWrongSetting = (error: DispatchError): error is PreflightFailed | RunnerFailed =>
  (error._tag === "PreflightFailed" || error._tag === "RunnerFailed") && error.blame === "config"

/** Gives the providers of the pool to one bug after another, each time to the first one that works and has a free place. */
const makeGiving = Effect.fnUntraced(function* (pool: ProviderPool) {
  const given = yield* Ref.make<ReadonlyArray<ProviderName>>([])
  const trying = (withDoubt: boolean) => {
    let waits = false
    return Effect.fnUntraced(function* (provider: Provider) {
      yield* pool.whenFree(provider)
      const isSuspect = pool.probation.has(provider.name)
      if (isSuspect && waits) return yield* full(provider, "on probation, and a provider that works has a place soon")
      const count = Arr.filter(yield* Ref.get(given), (name) => name === provider.name).length
      const why = yield* pool.whyFull(provider, count)
      waits ||= why !== undefined && !isSuspect
      if (why !== undefined) return yield* full(provider, why)
      const { doubt } = yield* pool.preflight(provider)
      return doubt !== undefined && !withDoubt ? yield* doubtful(provider, doubt) : provider
    })
  }
  const { hedgeAfter } = (yield* CurrentSettings).timeouts
  const first = (chain: ProviderChain, withDoubt: boolean) => {
    const [own, use] = [{ ...pool, chain }, trying(withDoubt)]
    return Effect.either(hedgeAfter === undefined ? firstProvider(own, use) : firstHedged(own, use, hedgeAfter))
  }
  return Effect.fnUntraced(function* (chain: ProviderChain) {
    const clean = yield* first(chain, false)
    const found = clean._tag === "Right" ? clean : yield* first(chain, true)
    if (found._tag === "Right") yield* Ref.update(given, Arr.append(found.right.value.name))
    else if (isWrongSetting(found.left.error)) return yield* found.left.error
    return found
  })
})

/** How many bugs the providers could take now; without a place, why none works, if that is why. */
export interface ProviderPlaces {
  readonly places: number
  readonly noProvider: ProviderUnavailable | undefined
}

/**
 * Counts how many more bugs the providers could take now, up to `most`. Fails if a setting is wrong.
 *
 * @example
 * const { places } = yield* countPlaces(pool, 3)
 */
export const countPlaces = Effect.fn("countPlaces")(function* (
  pool: ProviderPool,
  most: number
): Effect.fn.Return<ProviderPlaces, PreflightFailed | RunnerFailed> {
  const give = yield* makeGiving(pool)
  const chain = chainOf(pool, new Set(), new Set())
  for (let places = 0; places < most; places++) {
    const found = yield* give(chain)
    if (found._tag === "Right") continue
    const { error } = found.left
    const isDown = error._tag === "ProviderUnavailable" && !error.attempts.some(({ capacity }) => capacity)
    return { places, noProvider: places === 0 && isDown ? error : undefined }
  }
  return { places: most, noProvider: undefined }
})

/**
 * Gives each chosen bug a provider that works and has a free place, before anything is claimed. A provider without a free place
 * is not asked, nor is one that waits for the end of a limit. One whose preflight passed with a doubt takes a bug only if no other does. One on probation takes none while another
 * is only full. Bugs for which there is no place left are skipped. Fails once, for all bugs, if a setting is wrong.
 *
 * @example
 * const assignments = yield* assign(pool, plan)
 */
export const assign = Effect.fn("assign")(function* (
  pool: ProviderPool,
  { chosen, failedWith, heldWith }: Pick<Plan, "chosen" | "failedWith" | "heldWith">
): Effect.fn.Return<ReadonlyArray<Assignment>, PreflightFailed | RunnerFailed> {
  const give = yield* makeGiving(pool)
  return yield* Effect.forEach(chosen, (issue) =>
    Effect.gen(function* (): Effect.fn.Return<Assignment, PreflightFailed | RunnerFailed> {
      const chain = chainOf(pool, failedWith.get(issue.id) ?? new Set(), heldWith.get(issue.id) ?? new Set())
      const found = yield* give(chain)
      if (found._tag === "Left") {
        const { error, passedOver } = found.left
        return { _tag: "Left", outcome: unsuccessful(issue.id, error, { passedOver }) }
      }
      const { passedOver, value } = found.right
      const others = chain.filter(({ name }) => name !== value.name)
      return { _tag: "Assigned", issue, chain: [value, ...others], passedOver }
    })
  )
})
