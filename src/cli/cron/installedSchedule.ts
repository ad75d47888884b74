import { Effect } from "effect"
import { CurrentSettings } from "../../domain/Settings.ts"
import { repositoryOf } from "../../locate.ts"
import type { FiledSchedule, Installed } from "../../report/schedule/OwnSchedule.ts"
import { ThisProcess } from "../../surroundings.ts"
import { outsideBlocks } from "./block.ts"
import { textAt } from "./files.ts"
import { scheduleInList } from "./launchd.ts"
import { placeFor } from "./scriptPlace.ts"
import { scheduleInTimer } from "./systemd.ts"
import { filePlace } from "./units.ts"

const READ = { systemd: scheduleInTimer, launchd: scheduleInList } as const

/** The timer or the property list of a schedule; `undefined` if neither is there. */
export const filedSchedule = Effect.fn("cron.filedSchedule")(function* (name: string) {
  for (const starter of ["systemd", "launchd"] as const) {
    // Of systemd's files, the timer is the last one.
    const file = (yield* filePlace(starter, name)).files.at(-1) ?? ""
    const text = yield* textAt(file)
    if (text !== undefined) return { starter, file, schedule: READ[starter](text) } satisfies FiledSchedule
  }
  return undefined
})

const NOTHING: Installed = { linesOf: (crontab) => crontab, filed: undefined }

/** What `cron install` wrote for the repository of the settings in force. */
export const installed = Effect.gen(function* () {
  const [settings, process] = yield* Effect.all([CurrentSettings, ThisProcess])
  const { name } = yield* placeFor(yield* repositoryOf(settings, process))
  return { linesOf: (crontab: string) => outsideBlocks(crontab, name), filed: yield* filedSchedule(name) }
}).pipe(
  Effect.timeout("2 seconds"),
  Effect.orElseSucceed((): Installed => NOTHING)
)
