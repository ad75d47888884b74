import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Either, Layer, Option } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import * as NodeExec from "../../exec/NodeExec.ts"
import { readCrontab } from "../../report/schedule/readCrontab.ts"
import { repositoryOf } from "../../locate.ts"
import { ThisProcess } from "../../surroundings.ts"
import { blockIn } from "../cron/block.ts"
import { installCron } from "../cron/install.ts"
import { installFiles } from "../cron/installFiles.ts"
import { requireCrontab } from "../cron/onlyCrontab.ts"
import { directories, givenDirectories, schedule, shadow, starter, yes } from "../cron/options.ts"
import { repositoryOrHere, wrapperFor } from "../cron/place.ts"
import { removeCron, removeFiles } from "../cron/remove.ts"
import { scheduleOf } from "../cron/scheduleOf.ts"
import { placeFor } from "../cron/scriptPlace.ts"
import { crontabLine, directoryOf, SHADOW } from "../cron/text.ts"
import { fileChanges } from "../cron/units.ts"
import { Configuration, layer as configuration } from "../Configuration.ts"
import { WrongUsage } from "../exit.ts"
import { printResult } from "../terminal/Streams.ts"
import { parsedBy } from "../usage/parsed.ts"

const layers = () =>
  Layer.merge(
    configuration(),
    Layer.unwrapEffect(Effect.map(ThisProcess, ({ environment }) => NodeExec.layerWith({ environment })))
  )

const wrapper = Command.make("wrapper", { path: directories }, ({ path }) =>
  Effect.gen(function* () {
    const given = yield* givenDirectories(path)
    const { change } = yield* wrapperFor(yield* repositoryOrHere(yield* Configuration), yield* Configuration, given)
    return yield* printResult(EXIT.ok, change.text.trimEnd())
  })
).pipe(
  Command.withDescription("Print the script that cron starts; save it as dx-nightly-dispatcher.sh, executable"),
  Command.provide(layers)
)

const printOptions = {
  for: starter,
  schedule,
  shadow,
  script: Options.text("script").pipe(
    Options.withPseudoName("file"),
    parsedBy((text) =>
      /^[^\n\r\0]+$/.test(text) ? Either.right(text) : Either.left("--script takes a path on one line")
    ),
    Options.optional,
    Options.withDescription("Where the wrapper script was saved; else beside the job wrapper, else in ~/.local/bin")
  )
}

const print = Command.make("print", printOptions, (flags) =>
  Effect.gen(function* () {
    yield* requireCrontab("--shadow", flags.shadow, flags.for)
    const [{ cwd }, path, files, loaded] = yield* Effect.all([
      ThisProcess,
      Path.Path,
      FileSystem.FileSystem,
      Configuration
    ])
    const usual = yield* placeFor(yield* repositoryOrHere(loaded))
    const place = {
      ...usual,
      script: path.resolve(
        cwd,
        Option.getOrElse(flags.script, () => usual.script)
      )
    }
    const schedule = yield* scheduleOf(flags.schedule, loaded)
    if (flags.for === "cron") {
      const logDirectoryExists = yield* Effect.orElseSucceed(files.exists(directoryOf(place.log)), () => false)
      const args = flags.shadow ? SHADOW : []
      return yield* printResult(EXIT.ok, crontabLine({ ...place, schedule: schedule.text, args, logDirectoryExists }))
    }
    const changes = yield* fileChanges(flags.for, { ...place, schedule })
    // A property list is a document of its own; of the units a reader must know which is which.
    const texts = changes.map(({ file, text }) => (changes.length === 1 ? text : `# ${file}\n${text}`))
    return yield* printResult(EXIT.ok, texts.join("\n").trimEnd())
  })
).pipe(Command.withDescription("Print the crontab line, or the files of another scheduler"), Command.provide(layers))

const installOptions = {
  for: starter,
  schedule,
  path: directories,
  shadow,
  replace: Options.text("replace").pipe(
    Options.withPseudoName("words"),
    parsedBy((text) =>
      /^[^\n\r\0]*\S[^\n\r\0]*$/.test(text)
        ? Either.right(text)
        : Either.left("--replace takes words of a crontab line")
    ),
    Options.optional,
    Options.withDescription(
      "Put the crontab lines that have these words out of service; cron remove --restore puts them back"
    )
  ),
  yes,
  force: Options.boolean("force").pipe(Options.withDescription("Install although the rehearsal failed"))
}

const install = Command.make("install", installOptions, (flags) =>
  Effect.gen(function* () {
    yield* requireCrontab("--shadow", flags.shadow, flags.for)
    yield* requireCrontab("--replace", Option.isSome(flags.replace), flags.for)
    if (flags.shadow && Option.isSome(flags.replace)) {
      const what = "shadow runs dispatch nothing, so the old job has to go on beside them"
      return yield* new WrongUsage({ where: "--shadow --replace", what, next: "Switch over without --shadow" })
    }
    const loaded = yield* Configuration
    const repository = yield* repositoryOf(loaded.settings, yield* ThisProcess)
    const found = yield* wrapperFor(repository, loaded, yield* givenDirectories(flags.path))
    return yield* flags.for === "cron"
      ? installCron(flags, loaded, found)
      : installFiles(flags.for, flags, loaded, found)
  })
).pipe(
  Command.withDescription(
    "Write the script and its schedule: shows the difference, rehearses a run as cron starts it, asks"
  ),
  Command.provide(layers)
)

const removeOptions = {
  for: starter,
  restore: Options.boolean("restore").pipe(
    Options.withDescription("Put back what cron install --replace put out of service")
  ),
  yes
}

const remove = Command.make("remove", removeOptions, (flags) =>
  Effect.gen(function* () {
    yield* requireCrontab("--restore", flags.restore, flags.for)
    const { name, script: file } = yield* placeFor(yield* repositoryOrHere(yield* Configuration))
    if (flags.for === "cron") return yield* removeCron(flags, yield* Configuration, { file, name })
    const inCrontab = yield* Effect.catchTags(
      Effect.map(readCrontab("10 seconds"), (text) =>
        Either.match(blockIn(text, name), { onLeft: () => true, onRight: (inside) => inside !== undefined })
      ),
      {
        CrontabMissing: () => Effect.succeed(false),
        CrontabUnreadable: () => Effect.succeed(true),
        NoCrontab: () => Effect.succeed(false)
      }
    )
    return yield* removeFiles(flags.for, flags.yes, { file, name }, inCrontab)
  })
).pipe(
  Command.withDescription("Remove the schedule, and the script if it is as nightly-dispatch made it"),
  Command.provide(layers)
)

export const cronCommand = Command.make("cron").pipe(
  Command.withDescription("The schedule of the runs, and the script that it starts"),
  Command.withSubcommands([install, remove, print, wrapper])
)
