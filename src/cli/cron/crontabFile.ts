import { Effect } from "effect"
import { oneLine } from "../../domain/Text.ts"
import { Exec } from "../../exec/Exec.ts"
import { replaceFile } from "../../exec/replaceFile.ts"
import { ownStateDirectory } from "../../journal/stateDirectory.ts"
import { CRONTAB_BACKUP } from "../../journal/stateFiles.ts"
import { findState } from "../../locate.ts"
import { CRONTAB, CrontabMissing, readCrontab } from "../../report/schedule/readCrontab.ts"
import { ThisProcess } from "../../surroundings.ts"
import { NotDone, notDone } from "../exit.ts"
import type { LoadedSettings } from "../../settings/load.ts"

const LIMIT = "10 seconds"

/** The crontab as it is; empty if there is none. Fails if it cannot be read, or has bytes that we would lose. */
export const crontabNow = readCrontab(LIMIT).pipe(
  Effect.catchTags({
    CrontabMissing: ({ what }) =>
      new CrontabMissing({
        what,
        next: "Install cron, or use systemd: nightly-dispatch cron install --for systemd"
      }),
    NoCrontab: () => Effect.succeed(""),
    CrontabUnreadable: ({ message: what }) => new NotDone({ what, next: "Nothing was changed" })
  }),
  Effect.filterOrFail(
    (text) => !text.includes("\ufffd"),
    () =>
      new NotDone({
        what: "your crontab has bytes that are not UTF-8, which would be lost. Nothing was changed",
        next: "Change it by hand: nightly-dispatch cron print, crontab -e"
      })
  )
)

/** Copies the crontab into the state directory, and returns the file. An empty one is not copied: `undefined`. */
export const backUp = Effect.fn("cron.backUp")(function* (crontab: string, { settings }: LoadedSettings) {
  if (crontab === "") return undefined
  const { directory } = (yield* findState(settings, yield* ThisProcess)).state
  yield* ownStateDirectory({ directory })
  const file = `${directory}/${CRONTAB_BACKUP}`
  yield* Effect.mapError(replaceFile(file, crontab), notDone("it cannot be written, so nothing was changed", file))
  return file
})

/** Fails if the crontab has changed since it was read. */
export const requireSame = Effect.fn("cron.requireSame")(function* (crontab: string) {
  if ((yield* crontabNow) === crontab) return
  return yield* new NotDone({ what: "your crontab was changed meanwhile. Nothing was done", next: "Try again" })
})

/** Replaces the crontab, and reads it again. */
export const writeCrontab = Effect.fn("cron.writeCrontab")(function* (text: string, backup: string | undefined) {
  const exec = yield* Exec
  const kept = backup === undefined ? "" : `. The crontab as it was: ${backup}`
  const failed = (why: string) => new NotDone({ where: "crontab -", what: why, next: `Look at it: crontab -l${kept}` })
  const { exitCode, stderr } = yield* Effect.mapError(
    exec.run({ ...CRONTAB, args: ["-"], input: text, timeout: LIMIT }),
    ({ message }) => failed(message)
  )
  if (exitCode !== 0) return yield* failed(oneLine(stderr) || `exit code ${exitCode}`)
  if ((yield* crontabNow) !== text) return yield* failed("it took the lines, but its crontab is another now")
})
