import { Chunk, Effect, Option, Ref, type Duration } from "effect"
import { CallLog } from "./CallLog.ts"
import { withinTimeLimit, type TimeLimits } from "./timeLimits.ts"

type AnyEffect = Effect.Effect<unknown, unknown, unknown>

/** The methods of a service that are Effects or return one. */
export type Method<S> = {
  [M in keyof S]: S[M] extends AnyEffect | ((...args: never) => AnyEffect) ? M : never
}[keyof S] &
  string

export type ArgsOf<S, M extends keyof S> = S[M] extends (...args: infer Args) => unknown ? Args : []
type EffectOf<S, M extends keyof S> = S[M] extends (...args: never) => infer Result ? Result : S[M]
export type AnswerOf<S, M extends keyof S> = EffectOf<S, M> extends Effect.Effect<infer A, unknown, unknown> ? A : never
export type ErrorOf<S, M extends keyof S> = EffectOf<S, M> extends Effect.Effect<unknown, infer E, unknown> ? E : never

/** One recorded call. */
export interface CallOf<S, M extends Method<S>> {
  readonly method: M
  readonly args: ArgsOf<S, M>
}
type CallsByMethod<S> = { readonly [M in Method<S>]: CallOf<S, M> }
/** A recorded call of any method of the service. */
export type Call<S> = CallsByMethod<S>[Method<S>]

/** A fault of a fake, made by `on` and `after`. Acts on every matching call, unless `from` or `times` limit it. */
export interface FaultOf<S, M extends Method<S>> {
  readonly method: M
  readonly id: string | undefined
  readonly moment: "before" | "after"
  readonly act: (...args: ArgsOf<S, M>) => Effect.Effect<Option.Option<AnswerOf<S, M>>, ErrorOf<S, M>>
  readonly first: number
  readonly count: number
  readonly isLimited: boolean
  /** Acts from the n-th matching call on; the first is 1. */
  readonly from: (n: number) => FaultOf<S, M>
  /** Acts on n matching calls only. */
  readonly times: (n: number) => FaultOf<S, M>
  /** The call has no time limit of its own, as in a layer that keeps none: only its caller's limit ends it. */
  readonly withoutLimit: () => FaultOf<S, M>
}
type FaultsByMethod<S> = { readonly [M in Method<S>]: FaultOf<S, M> }
/** A fault of any method of the service. */
export type Fault<S> = FaultsByMethod<S>[Method<S>]

/** The faults that one method can have. */
export interface FaultMaker<S, M extends Method<S>> {
  readonly fails: (error: ErrorOf<S, M>) => FaultOf<S, M>
  /**
   * Waits this long on Effect's Clock: under `TestClock` no real time passes. A call that has a time limit in the real layer ends
   * at that limit, as the real one does.
   */
  readonly delays: (by: Duration.DurationInput) => FaultOf<S, M>
  /** Never answers by itself: ends at the time limit of the call, if the real layer has one. */
  readonly hangs: () => FaultOf<S, M>
  readonly dies: (defect: unknown) => FaultOf<S, M>
  /** Answers this instead of the real result. With `on` the call does nothing; with `after` it does everything. */
  readonly answers: (answer: (...args: ArgsOf<S, M>) => AnswerOf<S, M>) => FaultOf<S, M>
}

/** Selects the calls of a fault: those of a method, for one id or for all. */
export type FaultsOn<S> = <M extends Method<S>>(method: M, id?: string) => FaultMaker<S, M>

/**
 * Makes the faults of a fake: `on` acts before a call does anything, `after` when the call has done everything, before its
 * answer. The id is a method's first argument: an issue's id, the name of a provider or repository, a command.
 * Faults that match the same call act in the order in which they are written, so a delay can come before a failure.
 *
 * @example
 * FakeBeads.layer({ faults: [
 *   FakeBeads.on("openBugs").delays("40 seconds"),
 *   FakeBeads.on("show", "bd-1").fails(trackerDown).from(2).times(1),        // only the second read of bd-1
 *   FakeBeads.on("claim").answers((id, actor) => new Claim({ id, actor })),  // succeeds without claiming
 *   FakeBeads.after("claim", "bd-2").fails(held),                            // fails, but claims
 *   FakeBeads.on("release").answers(() => ({ _tag: "Released" }))            // succeeds without releasing
 * ] })
 * FakeRunner.layer({ faults: [FakeRunner.after("start").delays("5 minutes")] }) // its time is over: the job is found late
 */
export const faultsOf = <S>(): { readonly on: FaultsOn<S>; readonly after: FaultsOn<S> } => {
  const maker =
    (moment: "before" | "after") =>
    <M extends Method<S>>(method: M, id?: string): FaultMaker<S, M> => {
      const fault = (
        act: FaultOf<S, M>["act"],
        first = 1,
        count = Number.POSITIVE_INFINITY,
        isLimited = true
      ): FaultOf<S, M> => ({
        method,
        id,
        moment,
        act,
        first,
        count,
        isLimited,
        from: (n) => fault(act, n, count, isLimited),
        times: (n) => fault(act, first, n, isLimited),
        withoutLimit: () => fault(act, first, count, false)
      })
      return {
        fails: (error) => fault(() => Effect.fail(error)),
        delays: (by) => fault(() => Effect.as(Effect.sleep(by), Option.none())),
        hangs: () => fault(() => Effect.never),
        dies: (defect) => fault(() => Effect.die(defect)),
        answers: (answer) => fault((...args) => Effect.sync(() => Option.some(answer(...args))))
      }
    }
  return { on: maker("before"), after: maker("after") }
}

/** The members that the state of every fake has. */
export interface FakeControls<S> {
  /** Every call so far, in order, including those that failed or still hang. */
  readonly calls: Effect.Effect<ReadonlyArray<Call<S>>>
  /** Adds faults behind those of the script. */
  readonly inject: (...faults: ReadonlyArray<Fault<S>>) => Effect.Effect<void>
}

/**
 * Records the calls of one fake and applies its faults, within the time limits of the real layer. The fake wraps the work of each
 * method in `call`. Without a fault the work takes no time.
 */
export const makeControls = <S>(service: string, script: ReadonlyArray<Fault<S>> = [], limits: TimeLimits<S> = {}) =>
  Effect.gen(function* () {
    const calls = yield* Ref.make(Chunk.empty<Call<S>>())
    const faults = yield* Ref.make(script.map((fault) => ({ fault, seen: 0 })))
    const log = yield* Effect.serviceOption(CallLog)

    const take = <M extends Method<S>>(method: M, id: string | undefined) => {
      const matches = (fault: Fault<S>): fault is FaultsByMethod<S>[M] =>
        fault.method === method && (fault.id === undefined || fault.id === id)
      return Ref.modify(faults, (all) => {
        const counted = all.map((entry) =>
          matches(entry.fault) ? { fault: entry.fault, seen: entry.seen + 1 } : entry
        )
        const acting = counted.flatMap(({ fault, seen }): ReadonlyArray<FaultsByMethod<S>[M]> =>
          matches(fault) && seen >= fault.first && seen < fault.first + fault.count ? [fault] : []
        )
        return [acting, counted]
      })
    }

    const call =
      <M extends Method<S>>(method: M, id: string | undefined, args: ArgsOf<S, M>) =>
      <R>(work: Effect.Effect<AnswerOf<S, M>, ErrorOf<S, M>, R>): Effect.Effect<AnswerOf<S, M>, ErrorOf<S, M>, R> =>
        Effect.gen(function* () {
          const made: CallsByMethod<S>[M] = { method, args }
          yield* Ref.update(calls, Chunk.append<Call<S>>(made))
          if (Option.isSome(log)) yield* log.value.record({ service, method, args })
          const acting = yield* take(method, id)
          const at = (moment: "before" | "after") =>
            Effect.reduce(
              acting.filter((fault) => fault.moment === moment),
              Option.none<AnswerOf<S, M>>(),
              (answer, fault) => (Option.isSome(answer) ? Effect.succeed(answer) : fault.act(...args))
            )
          const faulty = Effect.gen(function* () {
            const before = yield* at("before")
            const answer = Option.isSome(before) ? before.value : yield* work
            return Option.getOrElse(yield* at("after"), () => answer)
          })
          if (acting.length === 0) return yield* work
          const limit = acting.every(({ isLimited }) => isLimited) ? limits[method] : undefined
          return yield* limit === undefined ? faulty : withinTimeLimit(limit, args)(faulty)
        })

    const controls: FakeControls<S> = {
      calls: Effect.map(Ref.get(calls), Chunk.toReadonlyArray),
      inject: (...more) => Ref.update(faults, (all) => [...all, ...more.map((fault) => ({ fault, seen: 0 }))])
    }
    return { call, controls }
  })
