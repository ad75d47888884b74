import { Array as Arr, Duration, Effect, Either, Exit, Option, Queue, Ref, type Scope } from "effect"
import { movesOn } from "../../domain/Blame.ts"
import { PreflightFailed, type DispatchError, type ProviderAttempt } from "../../domain/Failure.ts"
import type { Provider, ProviderChain } from "../../domain/Provider.ts"
import { attemptOf, ChainFailed, noneOf, type Chosen } from "./chain.ts"
import type { ProviderPool } from "./ProviderPool.ts"

/** What one provider has answered. `undefined`: nothing yet. */
type Answer<A> = Either.Either<A, { readonly error: DispatchError; readonly attempt: ProviderAttempt }> | undefined

/** The answer that decides: the first yes of the chain, else the first error that ends it; `undefined` if it is too early. */
const decided = <A>(chain: ProviderChain, answers: ReadonlyArray<Answer<A>>) => {
  const yes = answers.findIndex((answer) => answer !== undefined && Either.isRight(answer))
  if (yes >= 0) return yes
  const open = Arr.findFirstIndex(chain, (_, at) => {
    const answer = answers[at]
    return answer === undefined || (Either.isLeft(answer) && !movesOn(answer.left.error))
  })
  if (Option.isNone(open)) return chain.length
  return answers[open.value] === undefined ? undefined : open.value
}

/** Why an earlier provider was passed over: its error, or that it had not answered. */
const passed = <A>(provider: Provider, answer: Answer<A>, after: Duration.Duration): ProviderAttempt => {
  if (answer !== undefined && Either.isLeft(answer)) return answer.left.attempt
  const detail = `its preflight has no answer after ${Duration.format(after)} (timeouts.hedgeAfter)`
  const error = new PreflightFailed({ provider: provider.name, detail, lines: [], blame: "provider" })
  return attemptOf(provider, error, after)
}

const endsChain = <A>(answer: Answer<A>): boolean =>
  answer !== undefined && Either.isLeft(answer) && !movesOn(answer.left.error)

/** Begins with the next provider when the one before has failed, or has not answered after `after`. Ends with all answers so far. */
const askAll = Effect.fnUntraced(function* <A, E extends DispatchError, R>(
  { chain, unanswered }: ProviderPool,
  use: (provider: Provider) => Effect.Effect<A, E, R>,
  after: Duration.Duration
): Effect.fn.Return<ReadonlyArray<Answer<A>>, never, R | Scope.Scope> {
  const answers = yield* Ref.make<ReadonlyArray<Answer<A>>>(chain.map(() => undefined))
  const ends = yield* Queue.unbounded<Exit.Exit<void>>()
  const begin = (provider: Provider, at: number) =>
    Effect.timed(Effect.either(use(provider))).pipe(
      Effect.map(([duration, result]): Answer<A> =>
        Either.mapLeft(result, (error) => ({ error, attempt: attemptOf(provider, error, duration) }))
      ),
      Effect.flatMap((answer) => Ref.update(answers, (all) => all.map((one, index) => (index === at ? answer : one)))),
      Effect.onExit((exit) => Queue.offer(ends, exit)),
      Effect.forkScoped
    )
  /** How long the next provider must wait, in milliseconds. */
  const wait = Effect.fnUntraced(function* (next: number, all: ReadonlyArray<Answer<A>>) {
    const [newest, answer] = [chain[next - 1], all[next - 1]]
    if (next === chain.length || endsChain(answer)) return Number.POSITIVE_INFINITY
    if (newest === undefined || answer !== undefined) return 0
    return Duration.toMillis(after) - ((yield* unanswered(newest)) ?? 0)
  })
  for (let begun = 0; ;) {
    const all = yield* Ref.get(answers)
    if (decided(chain, all) !== undefined) return all
    const left = yield* wait(begun, all)
    const next = chain[begun]
    if (next === undefined || left === Number.POSITIVE_INFINITY) yield* yield* Queue.take(ends)
    else if (left <= 0) yield* begin(next, begun++)
    else yield* Option.getOrElse(yield* Effect.timeoutOption(Queue.take(ends), left), () => Exit.void)
    // Those that have answered at the same time count, too.
    yield* Effect.yieldNow()
  }
})

/**
 * Like `firstProvider`, but a provider that has not answered after `after` lets the next one begin as well. The first yes counts; of
 * several, that of the earliest in the chain. Each provider is asked at most once. What has not answered by then goes on in the pool,
 * where another bug finds its answer.
 *
 * @example
 * yield* firstHedged(pool, (provider) => Effect.as(pool.preflight(provider), provider), Duration.seconds(20))
 */
export const firstHedged = <A, E extends DispatchError, R>(
  pool: ProviderPool,
  use: (provider: Provider) => Effect.Effect<A, E, R>,
  after: Duration.Duration
): Effect.Effect<Chosen<A>, ChainFailed, R> =>
  Effect.gen(function* () {
    const { chain } = pool
    const answers = yield* Effect.scoped(askAll(pool, use, after))
    const end = decided(chain, answers) ?? chain.length
    const answer = answers[end]
    const isYes = answer !== undefined && Either.isRight(answer)
    const before = chain.slice(0, isYes ? end : end + 1).map((provider, at) => passed(provider, answers[at], after))
    for (const [at, { provider, reason }] of before.entries()) {
      const next = chain[at + 1]
      if (next !== undefined && at < end) yield* pool.passOver(provider, next.name, reason)
    }
    if (answer === undefined) return yield* noneOf(before)
    return Either.isRight(answer)
      ? { value: answer.right, passedOver: before }
      : yield* new ChainFailed({ error: answer.left.error, passedOver: before })
  })
