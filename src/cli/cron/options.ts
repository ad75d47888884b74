import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Either, Option } from "effect"
import { parseSchedule } from "../../domain/schedule.ts"
import { oneLine } from "../../domain/Text.ts"
import { ThisProcess } from "../../surroundings.ts"
import { WrongUsage } from "../exit.ts"
import { parsedBy } from "../usage/parsed.ts"
import { STARTERS } from "./units.ts"

/** Only characters of a schedule: the text becomes part of a crontab line. */
const SCHEDULE = /^(@[a-z]+|[\w*/,-]+( [\w*/,-]+){4})$/

export const starter = Options.choice("for", STARTERS).pipe(
  Options.withDefault("cron" as const),
  Options.withDescription("What starts the runs")
)

export const schedule = Options.text("schedule").pipe(
  Options.withPseudoName("fields"),
  parsedBy((text) =>
    SCHEDULE.test(text)
      ? Either.mapBoth(parseSchedule(text), { onLeft: (why) => `--schedule: ${why}`, onRight: () => text })
      : Either.left(`--schedule takes five fields, like 0 6-13 * * *, not "${oneLine(text)}"`)
  ),
  Options.optional,
  Options.withDescription("When runs start, as crontab(5) has it; else the setting schedule, else 0 6-13 * * *")
)

export const yes = Options.boolean("yes").pipe(Options.withDescription("Do not ask"))

export const shadow = Options.boolean("shadow").pipe(
  Options.withDescription("Start shadow runs (run --shadow), which dispatch nothing")
)

export const directories = Options.text("path").pipe(
  Options.withPseudoName("dir"),
  Options.repeated,
  Options.withDescription("A directory that the script's PATH begins with; repeat it for several")
)

/** The directories that `directories` names, as absolute paths. Fails for one that is not there. */
export const givenDirectories = Effect.fnUntraced(function* (given: ReadonlyArray<string>) {
  const [{ cwd }, path, fs] = yield* Effect.all([ThisProcess, Path.Path, FileSystem.FileSystem])
  return yield* Effect.forEach(given, (text) => {
    if (/[\n\r:]/.test(text))
      return new WrongUsage({ where: "--path", what: "a directory on PATH has no colon in its name" })
    const directory = path.resolve(cwd, text)
    const isDirectory = Effect.map(
      Effect.option(fs.stat(directory)),
      Option.exists(({ type }) => type === "Directory")
    )
    return Effect.if(isDirectory, {
      onTrue: () => Effect.succeed(directory),
      onFalse: () => new WrongUsage({ where: `--path ${text}`, what: `there is no directory ${directory}` })
    })
  })
})
