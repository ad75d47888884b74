import { Effect, Either } from "effect"

/** One thing that a decision does. It may be repeated: a decision that was cut short is made again. */
export interface Step<R> {
  /** What is left to do if it fails: `close bd-1`. */
  readonly what: string
  /** Gives what was done, in words. */
  readonly run: Effect.Effect<string, { readonly message: string }, R>
}

/** What a decision came to, in words. */
export interface Decided {
  readonly done: ReadonlyArray<string>
  /** The step that failed; `undefined` if all were done. */
  readonly failed: { readonly what: string; readonly why: string } | undefined
  /** The steps after it. */
  readonly left: ReadonlyArray<string>
}

/** Takes the steps in order, up to the first that fails. */
export const takeSteps = Effect.fn("review.steps")(function* <R>(steps: ReadonlyArray<Step<R>>) {
  const done: Array<string> = []
  for (const [index, { run, what }] of steps.entries()) {
    const result = yield* Effect.either(run)
    if (Either.isLeft(result)) {
      const left = steps.slice(index + 1).map((step) => step.what)
      return { done, failed: { what, why: result.left.message }, left } satisfies Decided
    }
    done.push(result.right)
  }
  return { done, failed: undefined, left: [] } satisfies Decided
})
