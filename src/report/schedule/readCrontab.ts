import { Data, Effect, type Duration } from "effect"
import { explained, type Explanation } from "../../domain/Explanation.ts"
import { oneLine } from "../../domain/Text.ts"
import { Exec } from "../../exec/Exec.ts"
import { look } from "../../exec/oneLook.ts"

/** This user has no crontab, as `crontab` itself says. */
export class NoCrontab extends Data.TaggedError("NoCrontab")<{ readonly message: string }> {}

/** There is no `crontab` command on PATH. */
export class CrontabMissing extends Data.TaggedError("CrontabMissing")<Explanation> {
  override get message(): string {
    return explained(this)
  }
}

/** Whether there is a crontab, and what is in it, is unknown. */
export class CrontabUnreadable extends Data.TaggedError("CrontabUnreadable")<{ readonly message: string }> {}

/** What `crontab` runs with. Its messages are compared, so they must be English. */
export const CRONTAB = { tool: "system", command: "crontab", cwd: "/", env: { LC_ALL: "C" } } as const

/**
 * The crontab of this user, as it is.
 *
 * @example
 * const text = yield* readCrontab("10 seconds")
 */
export const readCrontab = Effect.fn("readCrontab")(function* (
  timeout: Duration.DurationInput
): Effect.fn.Return<string, NoCrontab | CrontabMissing | CrontabUnreadable, Exec> {
  const exec = yield* Exec
  // To look is much faster than to fail to start it: `status` is waited for.
  if ((yield* exec.which("crontab")) === undefined)
    return yield* new CrontabMissing({ what: "there is no crontab command here" })
  const { exitCode, stderr, stdout } = yield* Effect.mapError(
    look({ ...CRONTAB, args: ["-l"], timeout, maxOutput: 1024 * 1024 }),
    ({ message }) => new CrontabUnreadable({ message: `crontab cannot be read: ${message}` })
  )
  if (exitCode === 0) return stdout
  const message = `crontab -l: ${oneLine(stderr) || `exit code ${exitCode}`}`
  return yield* /^(?:crontab: )?no crontab for /im.test(stderr)
    ? new NoCrontab({ message })
    : new CrontabUnreadable({ message })
})
