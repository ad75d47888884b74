import { Clock, Duration, Effect, Ref } from "effect"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import type { ExecResult } from "../../exec/Exec.ts"
import { localSettings } from "./localSettings.ts"

type Ask = (cwd: string, args: ReadonlyArray<string>) => Effect.Effect<ExecResult, WorkspaceFailed>

interface Answer {
  readonly at: number
  readonly state: string
  readonly result: ExecResult
}

/** The user's own settings, which belong to the answer too, are not watched. */
const HOLDS = Duration.toMillis("1 minute")

/** `settled` of `Git`. */
export const makeSettled = (run: Ask): Ask => {
  const answers = Ref.unsafeMake<ReadonlyMap<string, Answer>>(new Map())
  return Effect.fnUntraced(function* (cwd, args) {
    const key = [cwd, ...args].join("\0")
    const [before, now] = [localSettings(cwd)?.state, yield* Clock.currentTimeMillis]
    const known = (yield* Ref.get(answers)).get(key)
    const isFresh = known !== undefined && known.at <= now && now - known.at < HOLDS
    if (isFresh && known.state === before) return known.result
    const result = yield* run(cwd, args)
    if (result.exitCode === 0 && before !== undefined && localSettings(cwd)?.state === before) {
      yield* Ref.update(answers, (all) => {
        const others = [...all].filter(([, { at }]) => at <= now && now - at < HOLDS)
        return new Map(others).set(key, { at: now, state: before, result })
      })
    }
    return result
  })
}
