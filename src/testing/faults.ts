import { Chunk, Effect, Option, Ref, type Duration } from "effect"
import { CallLog } from "./CallLog.ts"

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

/** One remembered call: what was asked, with which arguments. */
export interface CallOf<S, M extends Method<S>> {
  readonly method: M
  readonly args: ArgsOf<S, M>
}
type CallsByMethod<S> = { readonly [M in Method<S>]: CallOf<S, M> }
export type Call<S> = CallsByMethod<S>[Method<S>]

/** One thing that goes wrong in a fake. Made by `on` and `after`; holds for every matching call until told otherwise. */
export interface FaultOf<S, M extends Method<S>> {
  readonly method: M
  readonly id: string | undefined
  readonly moment: "before" | "after"
  readonly act: (...args: ArgsOf<S, M>) => Effect.Effect<Option.Option<AnswerOf<S, M>>, ErrorOf<S, M>>
  readonly first: number
  readonly count: number
  /** From the n-th matching call on; the first is 1. */
  readonly from: (n: number) => FaultOf<S, M>
  /** For n matching calls only, then never again. */
  readonly times: (n: number) => FaultOf<S, M>
}
type FaultsByMethod<S> = { readonly [M in Method<S>]: FaultOf<S, M> }
export type Fault<S> = FaultsByMethod<S>[Method<S>]

/** What can be made to go wrong with one method. */
export interface FaultMaker<S, M extends Method<S>> {
  readonly fails: (error: ErrorOf<S, M>) => FaultOf<S, M>
  /** Takes this long, on Effect's Clock: under `TestClock` it takes no time at all. */
  readonly delays: (by: Duration.DurationInput) => FaultOf<S, M>
  /** Never answers. */
  readonly hangs: () => FaultOf<S, M>
  readonly dies: (defect: unknown) => FaultOf<S, M>
  /** Says this instead of the truth. After `on` nothing has been done; after `after` everything has. */
  readonly answers: (answer: (...args: ArgsOf<S, M>) => AnswerOf<S, M>) => FaultOf<S, M>
}

/** Picks the calls that a fault is for: those of a method, of every id or of one. */
export type FaultsOn<S> = <M extends Method<S>>(method: M, id?: string) => FaultMaker<S, M>

/**
 * How a fake is told to misbehave: `on` acts before the fake does anything, `after` when it has done everything and
 * before it answers. The id is a method's first argument: an issue's id, a provider's or repository's name, a command.
 * Faults that match one call act in the order they are written, so a delay can come before a failure.
 *
 * @example
 * FakeBeads.layer({ faults: [
 *   FakeBeads.on("openBugs").delays("40 seconds"),
 *   FakeBeads.on("show", "bd-1").fails(trackerDown).from(2).times(1),        // only the second read of bd-1
 *   FakeBeads.on("claim").answers((id, actor) => new Claim({ id, actor })),  // says yes, did nothing
 *   FakeBeads.after("claim", "bd-2").fails(held),                            // says no, did it
 *   FakeBeads.on("release").answers(() => ({ _tag: "Released" }))            // says done, is not
 * ] })
 * FakeRunner.layer({ faults: [FakeRunner.after("start").fails(ackTimedOut)] }) // timed out, and yet the job runs
 */
export const faultsOf = <S>(): { readonly on: FaultsOn<S>; readonly after: FaultsOn<S> } => {
  const maker =
    (moment: "before" | "after") =>
    <M extends Method<S>>(method: M, id?: string): FaultMaker<S, M> => {
      const fault = (act: FaultOf<S, M>["act"], first = 1, count = Number.POSITIVE_INFINITY): FaultOf<S, M> => ({
        method,
        id,
        moment,
        act,
        first,
        count,
        from: (n) => fault(act, n, count),
        times: (n) => fault(act, first, n)
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

/** What every fake's state offers beside its own. */
export interface FakeControls<S> {
  /** Every call so far, in order, also those that failed or still hang. */
  readonly calls: Effect.Effect<ReadonlyArray<Call<S>>>
  /** Adds faults behind those of the script. */
  readonly inject: (...faults: ReadonlyArray<Fault<S>>) => Effect.Effect<void>
}

/** The memory and the faults of one fake. Each method's work goes through `call`. */
export const makeControls = <S>(service: string, script: ReadonlyArray<Fault<S>> = []) =>
  Effect.gen(function* () {
    const calls = yield* Ref.make(Chunk.empty<Call<S>>())
    const faults = yield* Ref.make(script.map((fault) => ({ fault, seen: 0 })))
    const log = yield* Effect.serviceOption(CallLog)

    const take = <M extends Method<S>>(method: M, id: string | undefined) => {
      const matches = (fault: Fault<S>): fault is FaultsByMethod<S>[M] =>
        fault.method === method && (fault.id === undefined || fault.id === id)
      return Ref.modify(faults, (all) => {
        const now = all.map((entry) => (matches(entry.fault) ? { fault: entry.fault, seen: entry.seen + 1 } : entry))
        const acting = now.flatMap(({ fault, seen }): ReadonlyArray<FaultsByMethod<S>[M]> =>
          matches(fault) && seen >= fault.first && seen < fault.first + fault.count ? [fault] : []
        )
        return [acting, now]
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
              (said, fault) => (Option.isSome(said) ? Effect.succeed(said) : fault.act(...args))
            )
          const instead = yield* at("before")
          const answer = Option.isSome(instead) ? instead.value : yield* work
          return Option.getOrElse(yield* at("after"), () => answer)
        })

    const controls: FakeControls<S> = {
      calls: Effect.map(Ref.get(calls), Chunk.toReadonlyArray),
      inject: (...more) => Ref.update(faults, (all) => [...all, ...more.map((fault) => ({ fault, seen: 0 }))])
    }
    return { call, controls }
  })
