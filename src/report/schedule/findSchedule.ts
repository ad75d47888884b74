import { Effect, Either } from "effect"
import type { Schedule } from "../../domain/schedule.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { oneLine } from "../../domain/Text.ts"
import { Exec } from "../../exec/Exec.ts"
import { scheduleOfCrontab } from "./crontab.ts"

/** When runs are due, and how that is known. */
export interface FoundSchedule {
  /** `undefined`: it is not known, so nothing can be called late or missed. */
  readonly schedule: Schedule | undefined
  readonly from: "settings" | "crontab" | undefined
  /** For a person: where it was found, or why it is not known and what to do. */
  readonly why: string
}

/** The crontab of this user. Left: why there is none, or why it cannot be read. */
const crontab = Effect.gen(function* () {
  const exec = yield* Exec
  // To look is much faster than to fail to start it: `status` is waited for.
  if ((yield* exec.which("crontab")) === undefined) return Either.left("there is no crontab command here")
  const spec = { tool: "system", command: "crontab", args: ["-l"], cwd: "/" } as const
  const result = yield* Effect.either(exec.run({ ...spec, timeout: "2 seconds", maxOutput: 1024 * 1024 }))
  if (Either.isLeft(result)) return Either.left(`crontab cannot be read: ${result.left.message}`)
  const { exitCode, stderr, stdout } = result.right
  return exitCode === 0
    ? Either.right(stdout)
    : Either.left(`crontab -l: ${oneLine(stderr) || `exit code ${exitCode}`}`)
})

/**
 * When runs are due: by the setting `schedule`, else by the line of this user's crontab that starts `nightly-dispatch run`.
 * Never fails, and takes two seconds at most.
 *
 * @example
 * const { schedule, why } = yield* findSchedule
 */
export const findSchedule: Effect.Effect<FoundSchedule, never, Exec> = Effect.gen(function* () {
  const { schedule } = yield* CurrentSettings
  if (schedule !== undefined) return { schedule, from: "settings" as const, why: "the setting schedule" }
  return Either.match(Either.flatMap(yield* crontab, scheduleOfCrontab), {
    onRight: (found) => ({ schedule: found, from: "crontab" as const, why: "your crontab" }),
    onLeft: (why) => ({
      schedule: undefined,
      from: undefined,
      why: `not known: ${why}. If something else starts the runs, set schedule`
    })
  })
}).pipe(Effect.withSpan("findSchedule"))
