import { Context, Effect } from "effect"
import { askOnce } from "../domain/askOnce.ts"
import { Exec, type ExecError, type ExecResult, type ExecSpec } from "./Exec.ts"

type Asked = Effect.Effect.Success<ReturnType<typeof askOnce<ExecResult, ExecError, never>>>

/** The answers of one look at this host; `undefined` outside of one. */
class OneLook extends Context.Reference<OneLook>()("nightly-dispatch/OneLook", {
  defaultValue: (): Map<string, Asked> | undefined => undefined
}) {}

const keyOf = ({ args, command, cwd }: ExecSpec): string => JSON.stringify([command, cwd, ...args])

/**
 * Runs a command that only looks. Within `inOneLook`, the same command in the same directory runs once; one that gave no answer
 * runs again.
 *
 * @example
 * look({ tool: "git", command: "git", args: ["rev-parse", "--show-toplevel"], cwd: "/src/app", timeout: "10 seconds" })
 */
export const look = Effect.fnUntraced(function* (spec: ExecSpec) {
  const [answers, exec] = yield* Effect.all([OneLook, Exec])
  if (answers === undefined) return yield* exec.run(spec)
  const key = keyOf(spec)
  const made = yield* askOnce(exec.run(spec))
  // In one step with the next line: of two callers at the same time, the first one asks.
  const asked = answers.get(key) ?? made
  answers.set(key, asked)
  return yield* asked.ask
})

/**
 * One view of this host: what it looks at twice is the same, and costs once. Each call looks anew, so nothing is stale in a program
 * that lives long.
 *
 * @example
 * Effect.repeat(inOneLook(drawStatus), Schedule.spaced("2 seconds"))
 */
export const inOneLook = <A, E, R>(view: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => Effect.provideService(view, OneLook, new Map()))
