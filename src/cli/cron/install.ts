import { Effect, Either, Option } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { oneLine } from "../../domain/Text.ts"
import { variable, ThisProcess } from "../../surroundings.ts"
import { runLines } from "../../report/schedule/crontab.ts"
import { NotDone, WrongUsage } from "../exit.ts"
import { frameHere } from "../frame.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import { printResult } from "../terminal/Streams.ts"
import { blockIn, blockLines, difference, outsideBlocks, withBlock } from "./block.ts"
import { consents, rehearsed, requireConsent, show } from "./consent.ts"
import { backUp, crontabNow, requireSame, writeCrontab } from "./crontabFile.ts"
import { cronDaemonRuns, NO_DAEMON } from "./daemon.ts"
import { isChange, madeDirectory, shownChange, writeChange } from "./files.ts"
import type { wrapperFor } from "./place.ts"
import { keptIn, takeOut } from "./replaced.ts"
import { nextRunInWords, scheduleOf } from "./scheduleOf.ts"
import { crontabLine, directoryOf, SHADOW } from "./text.ts"
import { filesThere } from "./units.ts"

/** The options of `cron install`. */
export interface InstallFlags {
  readonly schedule: Option.Option<string>
  readonly yes: boolean
  readonly force: boolean
  /** A line that starts shadow runs, instead of runs. */
  readonly shadow: boolean
  /** Words of the lines that are put out of service. */
  readonly replace: Option.Option<string>
}

/** The script that `cron install` writes, and its place. */
export type Wrapper = Effect.Effect.Success<ReturnType<typeof wrapperFor>>

export const pairOrNotDone = <A>(either: Either.Either<A, string>) =>
  Effect.mapError(either, (what) => new NotDone({ what }))

/** The lines of a crontab outside of all our markers that start runs, or this script. */
const otherStarts = (crontab: string, script: string): ReadonlyArray<string> => {
  const outside = outsideBlocks(crontab)
  const runs = new Set(runLines(outside).map(({ number }) => number))
  return outside
    .split("\n")
    .flatMap((line, index) =>
      runs.has(index + 1) || (line.includes(script) && !/^\s*#/.test(line))
        ? [`line ${index + 1} of your crontab starts runs too: ${oneLine(line, 120)}`]
        : []
    )
}

/** Warnings about other lines and files that start runs, and about a missing daemon. */
const warnings = Effect.fn("cron.warnings")(function* (crontab: string, { name, place }: Wrapper) {
  const files = [...(yield* filesThere("systemd", name)), ...(yield* filesThere("launchd", name))]
  const twice = [...otherStarts(crontab, place.script), ...files.map((file) => `${file} starts runs too`)]
  const daemon = yield* cronDaemonRuns
  return [
    ...twice.map((what) => `warning: ${what}; they would come twice. Remove it`),
    ...(daemon === false ? [`warning: ${NO_DAEMON}`] : [])
  ]
})

/** The lines that start runs or shadow runs. */
const startLines = (text: string) => [...runLines(text), ...runLines(text, "shadow")]

/** The fields of the line that is installed; `undefined` if there is none. */
const fieldsBefore = (inside: ReadonlyArray<string> | undefined): string | undefined =>
  startLines((inside ?? []).join("\n"))
    .map(({ schedule }) => Either.getOrUndefined(schedule)?.text)
    .find((text) => text !== undefined)

const crontabOf = Effect.map(ThisProcess, ({ environment }) => {
  const user = variable(environment, "LOGNAME") ?? variable(environment, "USER")
  return user === undefined ? "your crontab:" : `crontab of ${user}:`
})

/** The crontab without the lines that are to be replaced, the lines of ours that keep them, and the lines that go now. */
const replacing = Effect.fn("cron.replacing")(function* (
  crontab: string,
  {
    inside,
    name,
    own
  }: { readonly inside: ReadonlyArray<string> | undefined; readonly name: string; readonly own: string },
  replace: Option.Option<string>
) {
  if (Option.isNone(replace)) return { crontab, kept: keptIn(inside), gone: [] }
  const taken = yield* Effect.mapError(
    takeOut(crontab, { name, own, words: replace.value }),
    (why) => new WrongUsage({ where: "--replace", ...why })
  )
  const known = new Set(keptIn(inside))
  const gone = taken.replaced.filter((_, at) => !known.has(taken.kept[at + 1] ?? "")).map(({ text }) => text.trimEnd())
  return { ...taken, gone }
})

/** Writes the script and our lines of the crontab: shows them first, rehearses, asks. Returns the exit code. */
export const installCron = Effect.fn("cron.install")(function* (
  flags: InstallFlags,
  loaded: LoadedSettings,
  wrapper: Wrapper
) {
  const { change, name, place } = wrapper
  const before = yield* crontabNow
  const inside = yield* pairOrNotDone(blockIn(before, name))
  const { text: schedule } = yield* scheduleOf(flags.schedule, loaded, fieldsBefore(inside))
  const args = flags.shadow ? SHADOW : []
  const line = crontabLine({ ...place, schedule, args, logDirectoryExists: true })
  const taken = yield* replacing(before, { inside, name, own: line }, flags.replace)
  const ours = [...taken.kept, line]
  const after = yield* pairOrNotDone(withBlock(taken.crontab, name, ours))
  const nextRun = nextRunInWords(
    startLines(after).find(({ text }) => text === line)?.schedule ?? Either.left("the line does not start runs")
  )
  const warned = yield* warnings(after, wrapper)
  if (after === before && !isChange(change)) {
    const text = `nothing to change: ${change.file} and your crontab are as they should be · next run ${yield* nextRun}`
    return yield* printResult(EXIT.ok, [...warned, text].join("\n"))
  }
  const lines = [
    ...taken.gone.map((gone) => `- ${gone}`),
    ...difference(inside === undefined ? [] : blockLines(name, inside), blockLines(name, ours))
  ]
  yield* show([...shownChange(change), ...(lines.length === 0 ? [] : [yield* crontabOf, ...lines]), ...warned])
  yield* requireConsent("install", flags.yes)
  yield* rehearsed({ script: change.text, bash: place.bash }, flags.force)
  if (!(yield* consents("Install?", flags.yes))) return yield* printResult(EXIT.no, "nothing was changed")
  yield* requireSame(before)
  const backup = after === before ? undefined : yield* backUp(before, loaded)
  yield* writeChange(change)
  yield* madeDirectory(directoryOf(place.log))
  if (after !== before) yield* writeCrontab(after, backup)
  const { program } = yield* frameHere()
  const kept = backup === undefined ? [] : [`backup ${backup}`]
  const [what, undo] = [flags.shadow ? "shadow run" : "run", taken.kept.length > 0 ? " --restore" : ""]
  const done = ["installed", ...kept, `next ${what} ${yield* nextRun}`, `undo: ${program} cron remove${undo}`]
  return yield* printResult(EXIT.ok, done.join(" · "))
})
