import { Effect, Either } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { runLines } from "../../report/schedule/crontab.ts"
import { readCrontab } from "../../report/schedule/readCrontab.ts"
import { frameHere } from "../frame.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import { printResult } from "../terminal/Streams.ts"
import { consents, rehearsed, requireConsent, show } from "./consent.ts"
import { isChange, madeDirectory, shownChange, writeChange } from "./files.ts"
import type { InstallFlags, Wrapper } from "./install.ts"
import { nextRunInWords, scheduleOf } from "./scheduleOf.ts"
import { directoryOf } from "./text.ts"
import { fileChanges, filePlace, runCommands, type FileStarter } from "./units.ts"

/** What the operator must know after an install. */
const ADVICE: Readonly<Record<FileStarter, ReadonlyArray<string>>> = {
  systemd: ["so that runs start while you are logged out: loginctl enable-linger"],
  launchd: []
}

/** Warnings about lines of the crontab that start runs too. */
const warnings = Effect.map(readCrontab("10 seconds"), (crontab) =>
  runLines(crontab).map(
    ({ number }) => `warning: line ${number} of your crontab starts runs too; they would come twice. Remove it`
  )
).pipe(
  Effect.catchTags({
    CrontabMissing: () => Effect.succeed([]),
    CrontabUnreadable: ({ message }) =>
      Effect.succeed([`warning: whether your crontab starts runs too is unknown: ${message}`]),
    NoCrontab: () => Effect.succeed([])
  })
)

/** Writes the script and the files of systemd's or launchd's schedule: shows them first, rehearses, asks. Returns the exit code. */
export const installFiles = Effect.fn("cron.installFiles")(function* (
  starter: FileStarter,
  flags: InstallFlags,
  loaded: LoadedSettings,
  { change, name, place }: Wrapper
) {
  const schedule = yield* scheduleOf(flags.schedule, loaded)
  const changes = [change, ...(yield* fileChanges(starter, { ...place, name, schedule }))]
  const warned = yield* warnings
  const next = `next run ${yield* nextRunInWords(Either.right(schedule))}`
  if (!changes.some(isChange)) {
    const text = `nothing to change: ${changes.map(({ file }) => file).join(", ")} are as they should be · ${next}`
    return yield* printResult(EXIT.ok, [...warned, text].join("\n"))
  }
  const shown = changes.flatMap((each) => [
    ...shownChange(each),
    ...(each === change || each.before !== undefined
      ? []
      : each.text
          .trimEnd()
          .split("\n")
          .map((line) => `+ ${line}`))
  ])
  yield* show([...shown, ...warned])
  yield* requireConsent("install", flags.yes)
  yield* rehearsed({ script: change.text, bash: place.bash }, flags.force)
  if (!(yield* consents("Install?", flags.yes))) return yield* printResult(EXIT.no, "nothing was changed")
  yield* Effect.forEach(changes, writeChange, { discard: true })
  yield* madeDirectory(directoryOf(place.log))
  const left = yield* runCommands(starter, (yield* filePlace(starter, name)).start)
  const { program } = yield* frameHere()
  const done =
    left.length === 0
      ? `installed · ${next} · undo: ${program} cron remove --for ${starter}`
      : `written · undo: ${program} cron remove --for ${starter} · it starts nothing until you run:`
  const lines = [done, ...left.map((command) => `  ${command}`), ...ADVICE[starter]]
  return yield* printResult(EXIT.ok, lines.join("\n"))
})
