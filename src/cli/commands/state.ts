import * as Command from "@effect/cli/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Option, Schema } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { Identity, Mark } from "../../domain/Identity.ts"
import { shellWord } from "../../domain/shellWord.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { adopt, identityOf, machineHere } from "../../journal/identity.ts"
import { readableStateDirectory } from "../../journal/stateDirectory.ts"
import { WORKTREES } from "../../journal/stateFiles.ts"
import { findState, repositoryOf } from "../../locate.ts"
import { ThisProcess } from "../../surroundings.ts"
import { NotDone } from "../exit.ts"
import { json } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"
import * as tools from "../tools.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

/** What `state show --json` prints. */
export const ShownState = Schema.Struct({
  directory: Schema.String,
  exists: Schema.Boolean,
  /** The tracker that it serves, else that of this command's settings; `null` if there is none. */
  tracker: Schema.NullOr(Schema.String),
  /** `null` until a run makes one: in a new directory, or in a copy. */
  mark: Schema.NullOr(Mark),
  adopted: Identity.fields.adopted,
  copied: Identity.fields.copied
})
const encodeState = jsonDocument(ShownState, { space: 2 })

/** The state directory of the settings, and by whom it is looked at. */
const findPlace = Effect.gen(function* () {
  const [settings, surroundings] = yield* Effect.all([CurrentSettings, ThisProcess])
  const { state } = yield* findState(settings, surroundings)
  return { ...state, machine: yield* machineHere, exists: yield* readableStateDirectory(state) }
})

const render = ({ adopted, copied, directory, exists, mark, tracker }: typeof ShownState.Type): string =>
  [
    `directory  ${directory}${exists ? "" : " (not made yet)"}`,
    `tracker    ${tracker ?? "(none found)"}`,
    `mark       ${mark ?? "(made by the next run)"}`,
    ...adopted.map((mark) => `adopted    ${mark}`),
    ...copied.map(
      (mark) => `copied     ${mark} (of the directory that this one was copied from; if it was moved: state adopt)`
    )
  ].join("\n")

const show = Command.make("show", { json }, (flags) =>
  Effect.gen(function* () {
    const place = yield* findPlace
    const { directory, exists, tracker = null } = place
    const found = exists ? yield* identityOf({ ...place, tracker: undefined }) : undefined
    const { adopted = [], copied = [], trackers = [] } = found?.identity ?? {}
    const mark = found === undefined || found.changed ? null : found.identity.mark
    const state = { directory, exists, tracker: trackers[0] ?? tracker, mark, adopted, copied }
    return yield* printResult(EXIT.ok, flags.json ? encodeState(state) : render(state))
  })
).pipe(Command.withDescription("Print which directory holds the state, whose it is, and which tracker it serves"))

/** How git learns where worktrees are now that were moved with the state directory. Nothing if there are none. */
const repairOf = Effect.fnUntraced(function* (directory: string) {
  const [fs, path, settings, surroundings] = yield* Effect.all([
    FileSystem.FileSystem,
    Path.Path,
    CurrentSettings,
    ThisProcess
  ])
  const root = path.join(directory, WORKTREES)
  const bugs = yield* Effect.orElseSucceed(fs.readDirectory(root), () => [])
  if (bugs.length === 0) return []
  const clone = yield* Effect.option(repositoryOf(settings, surroundings))
  const where = Option.match(clone, { onNone: () => "CLONE", onSome: (found) => shellWord(found.path) })
  return [`If its worktrees were moved with it, tell git: git -C ${where} worktree repair ${shellWord(root)}/*/*`]
})

const adoptCommand = Command.make("adopt", {}, () =>
  Effect.gen(function* () {
    const place = yield* findPlace
    const { directory, exists, tracker } = place
    const adopted = exists ? yield* adopt(place) : Option.none<Identity>()
    if (Option.isNone(adopted)) return yield* new NotDone({ where: directory, what: "there is nothing to adopt" })
    const marks = [adopted.value.mark, ...adopted.value.adopted]
    const said = `adopted ${directory}: it serves ${tracker ?? "its tracker"}, and claims and jobs of ${marks.join(", ")} are its own`
    return yield* printResult(EXIT.ok, [said, ...(yield* repairOf(directory))].join("\n"))
  })
).pipe(
  Command.withDescription(
    "Say that the state directory or its tracker was moved. Not for a copy whose original is still used: both would settle the same jobs"
  )
)

export const stateCommand = Command.make("state").pipe(
  Command.withDescription("The state directory: whose it is, and that it was moved"),
  Command.withSubcommands([show, adoptCommand]),
  Command.provide(tools.layer)
)
