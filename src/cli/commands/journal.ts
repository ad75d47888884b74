import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { JournalCopy } from "../../domain/JournalCopy.ts"
import { findState } from "../../locate.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import { ThisProcess } from "../../surroundings.ts"
import { Configuration } from "../Configuration.ts"
import { NotDone } from "../exit.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"
import { renderJournalCopy } from "../rendering/journalCopy.ts"
import { json } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"
import * as tools from "../tools.ts"

const encode = jsonDocument(JournalCopy, { space: 2 })

const dryRun = Options.boolean("dry-run").pipe(
  Options.withDescription("Check both and count the records; copy nothing")
)

const NO_ADDRESS = new NotDone({
  where: "the setting journal",
  what: "it names no database, so there is nowhere to copy to",
  next: "Name an empty one by its address: NIGHTLY_DISPATCH_JOURNAL=ADDRESS nightly-dispatch journal copy"
})

/** What is left to do for a person. Cron's runs read the settings file, and not the variables of a shell. */
const nextSteps = (
  { file, sources }: LoadedSettings,
  { from, result }: Pick<JournalCopy, "from" | "result">
): ReadonlyArray<string> => {
  if (result === "counted") return ["Copy them: nightly-dispatch journal copy"]
  const source = sources.get("journal") ?? ""
  const isKept = source.startsWith("file")
  return [
    isKept
      ? "The next run uses the database: the settings file names it."
      : `Write the address as the setting journal into ${file ?? "a settings file"} that only you can read (chmod 600). ` +
        `Now only ${source} names it: a run without that uses SQLite, and its records would not be copied any more.`,
    `${from} stays as it is. Remove it when the runs have worked with the database for some nights.`
  ]
}

const copy = Command.make("copy", { dryRun, json }, (flags) =>
  Effect.gen(function* () {
    const [loaded, process] = yield* Effect.all([Configuration, ThisProcess])
    const { journal: address } = loaded.settings
    if (address === undefined) return yield* NO_ADDRESS
    const { state } = yield* findState(loaded.settings, process)
    // Both databases' clients, which no other command needs together.
    const { copyJournal } = yield* Effect.promise(() => import("../../journal/copy/copy.ts"))
    const copied = yield* Effect.catchTag(
      copyJournal({ ...state, address, dryRun: flags.dryRun }),
      "Disturbed",
      ({ next, what }) => new NotDone({ where: state.directory, what, next })
    )
    const result: JournalCopy = { ...copied, next: nextSteps(loaded, copied) }
    return yield* printResult(EXIT.ok, flags.json ? encode(result) : renderJournalCopy(result))
  })
).pipe(
  Command.withDescription(
    "Copy all records from SQLite to the Postgres database of the setting journal. Nothing is copied twice"
  )
)

export const journalCommand = Command.make("journal").pipe(
  Command.withDescription("The journal: move its records to a Postgres database"),
  Command.withSubcommands([copy]),
  Command.provide(tools.layer)
)
