import { Context, Effect, type Either } from "effect"
import type { Schedule } from "../../domain/schedule.ts"
import type { Exec } from "../../exec/Exec.ts"

/** A schedule of this repository that systemd or launchd reads from a file. */
export interface FiledSchedule {
  readonly starter: "systemd" | "launchd"
  readonly file: string
  /** Left: why its times are not known, in words. */
  readonly schedule: Either.Either<Schedule, string>
}

/** What `cron install` wrote for this repository. */
export interface Installed {
  /** The crontab without the lines that were written for other repositories. The other lines keep their numbers. */
  readonly linesOf: (crontab: string) => string
  /** `undefined` if there is no such file. */
  readonly filed: FiledSchedule | undefined
}

/** Finds out what was installed for this repository. The default knows of nothing. */
export class OwnSchedule extends Context.Reference<OwnSchedule>()("nightly-dispatch/OwnSchedule", {
  defaultValue: (): { readonly installed: Effect.Effect<Installed, never, Exec> } => ({
    installed: Effect.sync(() => ({ linesOf: (crontab) => crontab, filed: undefined }))
  })
}) {}
