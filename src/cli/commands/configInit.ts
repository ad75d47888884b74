import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Either, Option } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { makeDirectories } from "../../exec/makeDirectories.ts"
import { replaceFile } from "../../exec/replaceFile.ts"
import { services } from "../../layer.ts"
import { ThisProcess } from "../../surroundings.ts"
import * as Configuration from "../Configuration.ts"
import { NotDone, notDone, WrongUsage } from "../exit.ts"
import { frameHere } from "../frame.ts"
import { json, root } from "../root.ts"
import { candidates } from "../../settings/file.ts"
import { withAlerts } from "../settings/init/alerts.ts"
import { look } from "../settings/init/look.ts"
import { InitReport, reportText } from "../settings/init/report.ts"
import { settingsText } from "../settings/init/text.ts"
import { placesOf } from "../../settings/load.ts"
import { isTracked } from "../../settings/tracked.ts"
import { printResult } from "../terminal/Streams.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const SCHEMA = "nightly-dispatch.schema.json"

const options = {
  alerts: Options.boolean("alerts").pipe(
    Options.withDescription("Explain all settings of alerts too, in comments; adds them to a file that is there")
  ),
  force: Options.boolean("force").pipe(Options.withDescription("Replace a settings file that is there")),
  user: Options.boolean("user").pipe(
    Options.withDescription("Write to $XDG_CONFIG_HOME/nightly-dispatch/ instead of the working directory")
  ),
  json
}

/** The file to write: the one that `--config` or the variable names, else the user's own or the one here. */
const targetFile = Effect.fnUntraced(function* (user: boolean) {
  const [{ config }, process, path] = yield* Effect.all([root, ThisProcess, Path.Path])
  const places = placesOf({ ...process, configFile: Option.getOrUndefined(config) })
  const [first, own] = candidates(places, path)
  if (!user && first !== undefined) return first
  if (own !== undefined) return own
  const why = places.named === undefined ? "there is no home directory" : `the file ${places.named} is named already`
  return yield* new WrongUsage({ where: "--user", what: `it cannot be used: ${why}` })
})

const exists = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (files) => Effect.orElseSucceed(files.exists(file), () => true))

/** Writes the file, mode 0600. Without `force`, never over another one. */
const write = Effect.fnUntraced(function* (file: string, text: string, force: boolean) {
  const [files, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  yield* makeDirectories(path.dirname(file))
  if (!force) return yield* files.writeFileString(file, text, { flag: "wx", mode: 0o600 })
  // Of a link, the file that it leads to is replaced.
  return yield* replaceFile(yield* Effect.orElseSucceed(files.realPath(file), () => file), text)
})

/** The clone as a file in this directory names it: relative if the file is inside of the clone. */
const pathFrom = Effect.fnUntraced(function* (directory: string, clone: string) {
  const [files, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  const real = yield* Effect.orElseSucceed(files.realPath(directory), () => directory)
  const up = path.relative(real, clone)
  return /^(\.\.(\/|$))*$/.test(up) ? up || "." : clone
})

/** Looks at the host with the settings that the environment gives, makes the text, and tells whether git tracks the file. */
const prepare = Effect.fnUntraced(function* (file: string, alerts: boolean) {
  const [process, path] = yield* Effect.all([ThisProcess, Path.Path])
  const { settings } = yield* Configuration.load({}, true)
  const directory = path.dirname(file)
  const { found, tracked } = yield* Effect.provide(
    Effect.all({ found: look(settings, process), tracked: Effect.map(isTracked(file), (answer) => answer !== false) }),
    services(settings, process)
  )
  const repoPath = found.repository === null ? undefined : yield* pathFrom(directory, found.repository.path)
  const hasSchema = yield* exists(path.join(directory, SCHEMA))
  return {
    found,
    tracked,
    text: settingsText({ found, repoPath, schema: hasSchema ? `./${SCHEMA}` : undefined, alerts })
  }
})

const encodeReport = jsonDocument(InitReport, { space: 2 })

const lineCount = (text: string): number => text.trimEnd().split("\n").length

/** Adds the settings of alerts to a file, as comments, and gives its text. Fails if they are there, or it cannot be changed. */
const addAlerts = Effect.fnUntraced(function* (file: string) {
  const files = yield* FileSystem.FileSystem
  const target = yield* Effect.orElseSucceed(files.realPath(file), () => file)
  const { mode, text } = yield* Effect.mapError(
    Effect.all({ text: files.readFileString(target), mode: Effect.map(files.stat(target), ({ mode }) => mode) }),
    notDone("it cannot be read", file)
  )
  const longer = withAlerts(text)
  if (longer === undefined) return yield* new NotDone({ where: file, what: "it has the settings of alerts already" })
  yield* Effect.mapError(replaceFile(target, longer, { mode: mode & 0o777 }), notDone("it cannot be written", file))
  return longer
})

export const init = Command.make("init", options, ({ alerts, force, json, user }) =>
  Effect.gen(function* () {
    const [file, frame] = [yield* targetFile(user), yield* frameHere()]
    const kept = new NotDone({
      where: file,
      what: "it is there already and was left as it is",
      next: `To see what is wrong with it: ${frame.program} config check. To replace it: ${frame.program} config init --force`
    })
    const isThere = yield* exists(file)
    const isAddition = isThere && alerts && !force
    if (isThere && !force && !isAddition) return yield* kept
    const { found, text, tracked } = yield* prepare(file, alerts)
    const written = isAddition
      ? addAlerts(file)
      : Effect.as(
          Effect.mapError(write(file, text, force), (error) =>
            error._tag === "SystemError" && error.reason === "AlreadyExists"
              ? kept
              : notDone("it cannot be written", file)(error)
          ),
          text
        )
    const lines = lineCount(yield* written)
    const loaded = yield* Effect.either(Configuration.load())
    const report = {
      found,
      wrote: { file, lines, replaced: isThere && !isAddition, added: isAddition, tracked },
      problems: Either.isLeft(loaded) ? loaded.left.problems.length : 0,
      read: Either.merge(loaded).file ?? null,
      next: `${frame.program} ${alerts ? "alerts test" : "doctor"}`
    } satisfies InitReport
    return yield* printResult(EXIT.ok, json ? encodeReport(report) : reportText(frame, report))
  })
).pipe(Command.withDescription("Look at repository, tracker and agents, and write a short settings file with comments"))
