import { Effect, Either } from "effect"
import { shellWord } from "../../domain/shellWord.ts"
import { Exec } from "../../exec/Exec.ts"
import { baseDirectory, ThisProcess } from "../../surroundings.ts"
import { NotDone, WrongUsage } from "../exit.ts"
import { textAt, type FileChange } from "./files.ts"
import { labelOf, propertyList } from "./launchd.ts"
import { systemdUnits, unitName, type StartInput } from "./systemd.ts"

/** The programs that can start runs. */
export const STARTERS = ["cron", "systemd", "launchd"] as const
export type Starter = (typeof STARTERS)[number]

/** The starters that read their schedule from files of ours. */
export type FileStarter = Exclude<Starter, "cron">

type Words = ReadonlyArray<string>

interface FilePlace {
  readonly files: ReadonlyArray<string>
  /** Starts the schedule, once the files are there. */
  readonly start: ReadonlyArray<string>
  /** Ends it, before they go. */
  readonly stop: ReadonlyArray<string>
  /** Forgets the files, when they are gone. */
  readonly forget: ReadonlyArray<string>
}

const systemctl = (...words: Words): string => ["systemctl", "--user", ...words.map(shellWord)].join(" ")

/** The files of a repository's schedule, and the commands that a person would give. */
export const filePlace = (starter: FileStarter, name: string) =>
  Effect.map(ThisProcess, (process): FilePlace => {
    const home = process.home ?? process.cwd
    if (starter === "launchd") {
      const file = `${home}/Library/LaunchAgents/${labelOf(name)}.plist`
      return {
        files: [file],
        start: [`launchctl bootstrap gui/$(id -u) ${shellWord(file)}`],
        stop: [`launchctl bootout gui/$(id -u)/${labelOf(name)}`],
        forget: []
      }
    }
    const directory = `${baseDirectory(process, "XDG_CONFIG_HOME")?.directory ?? `${home}/.config`}/systemd/user`
    const timer = `${unitName(name)}.timer`
    return {
      files: [`${directory}/${unitName(name)}.service`, `${directory}/${timer}`],
      // A timer that runs takes its new times only when it is started again.
      start: [systemctl("daemon-reload"), systemctl("enable", timer), systemctl("restart", timer)],
      stop: [systemctl("disable", "--now", timer)],
      forget: [systemctl("daemon-reload")]
    }
  })

/** The texts of these files, in their order. Fails if the schedule cannot be said in them. */
export const fileTexts = (
  starter: FileStarter,
  input: StartInput
): Effect.Effect<ReadonlyArray<string>, WrongUsage> => {
  if (starter === "systemd") {
    const { service, timer } = systemdUnits(input)
    return Effect.succeed([service, timer])
  }
  return Either.match(propertyList(input), {
    onLeft: (message) => Effect.fail(new WrongUsage({ what: message })),
    onRight: (text) => Effect.succeed([text])
  })
}

/** The files of a schedule, as they are and as `cron install` would write them. */
export const fileChanges = Effect.fn("cron.fileChanges")(function* (starter: FileStarter, input: StartInput) {
  const { files } = yield* filePlace(starter, input.name)
  const texts = yield* fileTexts(starter, input)
  return yield* Effect.forEach(files, (file, index) =>
    Effect.map(textAt(file), (before): FileChange => ({
      file,
      mode: 0o644,
      before,
      text: texts[index] ?? "",
      keepsOld: false
    }))
  )
})

/** The files of this starter's schedule that are there. */
export const filesThere = Effect.fn("cron.filesThere")(function* (starter: FileStarter, name: string) {
  const { files } = yield* filePlace(starter, name)
  return yield* Effect.filter(files, (file) => Effect.map(textAt(file), (text) => text !== undefined))
})

const LIMIT = "20 seconds"

const call = Effect.fn("cron.systemctl")(function* (command: string) {
  const exec = yield* Exec
  return yield* exec.run({ tool: "system", command: "sh", args: ["-c", command], cwd: "/", timeout: LIMIT })
})

/** Whether systemd's user manager answers: then we start and stop the timer ourselves. */
const answers = Effect.orElseSucceed(
  Effect.map(call(systemctl("show-environment")), ({ exitCode }) => exitCode === 0),
  () => false
)

/**
 * Runs these commands if systemd's user manager answers. Returns the commands that the operator must run: all of them, or none.
 * Those of launchd are always returned, because they need a login at the screen.
 */
export const runCommands = Effect.fn("cron.runCommands")(function* (starter: FileStarter, commands: Words) {
  if (starter === "launchd" || !(yield* answers)) return commands
  for (const command of commands) {
    const { exitCode, stderr } = yield* Effect.mapError(call(command), ({ message: what }) => new NotDone({ what }))
    if (exitCode !== 0) return yield* new NotDone({ where: command, what: stderr.trim() || `exit code ${exitCode}` })
  }
  return []
})
