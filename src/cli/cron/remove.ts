import { Effect } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import { printResult } from "../terminal/Streams.ts"
import { WrongUsage } from "../exit.ts"
import { blockIn, blockLines } from "./block.ts"
import { consents, requireConsent, show } from "./consent.ts"
import { backUp, crontabNow, requireSame, writeCrontab } from "./crontabFile.ts"
import { removedFile, textAt } from "./files.ts"
import { pairOrNotDone } from "./install.ts"
import { putBack } from "./replaced.ts"
import { filePlace, filesThere, runCommands, type FileStarter } from "./units.ts"
import { wrapperFacts } from "./wrapperScript.ts"

/** The script of a schedule, and the schedule's name. */
interface Script {
  readonly name: string
  readonly file: string
}

/** What `cron remove` does with the script: it deletes an unchanged script that no other schedule starts. */
const scriptFate = Effect.fn("cron.scriptFate")(function* ({ file, name }: Script, isStillUsed: boolean) {
  const text = yield* textAt(file)
  if (text === undefined) return { goes: false, lines: [] }
  const facts = wrapperFacts(text)
  if (isStillUsed) return { goes: false, lines: [`stays  ${file}  (another schedule may start it)`] }
  return facts?.name === name && facts.isUnchanged
    ? { goes: true, lines: [`removes  ${file}`] }
    : { goes: false, lines: [`stays  ${file}  (not as nightly-dispatch made it)`] }
})

/** The options of `cron remove`. */
export interface RemoveFlags {
  readonly yes: boolean
  /** Puts the lines back that `cron install --replace` put out of service. */
  readonly restore: boolean
}

const CHANGED = "warning: other lines of your crontab were changed since; look at the places of these: crontab -l"

/** Removes our lines from the crontab, and our script. Returns the exit code. */
export const removeCron = Effect.fn("cron.remove")(function* (
  { restore, yes }: RemoveFlags,
  loaded: LoadedSettings,
  script: Script
) {
  const { file, name } = script
  const before = yield* crontabNow
  const inside = yield* pairOrNotDone(blockIn(before, name))
  if (inside === undefined) {
    return yield* printResult(EXIT.ok, `nothing to remove: your crontab has no lines of nightly-dispatch ${name}`)
  }
  const { crontab: after, isExact, replaced } = yield* pairOrNotDone(putBack(before, name))
  if (replaced.length > 0 && !restore) {
    const what = `our lines keep what cron install --replace put out of service (lines: ${replaced.length})`
    const next = "Add --restore to put it back. To lose it, delete its comments first: crontab -e"
    return yield* new WrongUsage({ what, next })
  }
  const others = [...(yield* filesThere("systemd", name)), ...(yield* filesThere("launchd", name))]
  const fate = yield* scriptFate(script, others.length > 0)
  yield* show([
    ...blockLines(name, inside).map((line) => `- ${line}`),
    ...replaced.map(({ text }) => `+ ${text.trimEnd()}`),
    ...(isExact ? [] : [CHANGED]),
    ...fate.lines
  ])
  yield* requireConsent("remove", yes)
  if (!(yield* consents("Remove?", yes))) return yield* printResult(EXIT.no, "nothing was changed")
  yield* requireSame(before)
  const backup = yield* backUp(before, loaded)
  yield* writeCrontab(after, backup)
  if (fate.goes) yield* removedFile(file)
  const back = restore ? [replaced.length === 0 ? "there was nothing to put back" : `put back: ${replaced.length}`] : []
  const done = ["removed", ...back, ...(backup === undefined ? [] : [`backup ${backup}`])]
  return yield* printResult(EXIT.ok, done.join(" · "))
})

/** Removes the files of systemd's or launchd's schedule, and our script. Returns the exit code. */
export const removeFiles = Effect.fn("cron.removeFiles")(function* (
  starter: FileStarter,
  yes: boolean,
  script: Script,
  /** Whether our lines are in the crontab; true if it cannot be read. */
  mayBeInCrontab: boolean
) {
  const { file, name } = script
  const files = yield* filesThere(starter, name)
  const { forget, stop } = yield* filePlace(starter, name)
  if (files.length === 0) {
    return yield* printResult(
      EXIT.ok,
      `nothing to remove: there are no files of ${starter} for nightly-dispatch ${name}`
    )
  }
  const others = yield* filesThere(starter === "systemd" ? "launchd" : "systemd", name)
  const fate = yield* scriptFate(script, mayBeInCrontab || others.length > 0)
  yield* show([...files.map((each) => `removes  ${each}`), ...fate.lines])
  yield* requireConsent("remove", yes)
  if (!(yield* consents("Remove?", yes))) return yield* printResult(EXIT.no, "nothing was changed")
  const left = yield* runCommands(starter, stop)
  yield* Effect.forEach(files, removedFile, { discard: true })
  if (left.length === 0) yield* runCommands(starter, forget)
  if (fate.goes) yield* removedFile(file)
  const next =
    left.length === 0 ? [] : ["if it was started, it goes on until you run:", ...left.map((one) => `  ${one}`)]
  return yield* printResult(EXIT.ok, ["removed", ...next].join("\n"))
})
