import * as FileSystem from "@effect/platform/FileSystem"
import { Clock, Effect, Option } from "effect"
import * as path from "node:path"
import { Heartbeat } from "../alerts/Heartbeat.ts"
import { withLimits } from "../dispatch/limits/limitedServices.ts"
import type { Condition } from "../domain/Condition.ts"
import type { RunId } from "../domain/Ids.ts"
import { localZone } from "../domain/localZone.ts"
import { CurrentSettings, type Settings } from "../domain/Settings.ts"
import { JournalQueries } from "../journal/JournalQueries.ts"
import { NOT_BEGUN } from "../journal/stateFiles.ts"
import { channelLayer } from "../layer.ts"
import { heartbeat } from "../lazyLayers.ts"
import { newRunId } from "../domain/newRunId.ts"
import { findState } from "../locate.ts"
import { conditionOf } from "../report/alerts/condition.ts"
import { tellDirectly } from "../report/alerts/direct.ts"
import { ThisProcess } from "../surroundings.ts"
import { EXIT_OF, type CommandFailure } from "./exit.ts"
import { frameHere } from "./frame.ts"

/** Tells the channels of what keeps runs from beginning, or that nothing does any more. */
const tellChannels = Effect.fn("notBegun.channels")(function* (settings: Settings, now: ReadonlyArray<Condition>) {
  const surroundings = yield* ThisProcess
  const found = yield* Effect.option(findState(settings, surroundings))
  // A directory that is not there is made by a run only.
  const fs = yield* FileSystem.FileSystem
  const directory = Option.getOrUndefined(Option.map(found, ({ state }) => state.directory))
  const isThere = directory !== undefined && (yield* Effect.orElseSucceed(fs.exists(directory), () => false))
  yield* tellDirectly(isThere ? `${directory}/${NOT_BEGUN}` : undefined, now, {
    now: yield* Clock.currentTimeMillis,
    zone: localZone,
    host: surroundings.host,
    repository: settings.repo ?? path.basename(settings.repoPath ?? surroundings.cwd),
    settings: settings.alerts
  })
})

/**
 * Tells the channels of a failure for which there is no journal. Until it is mended, they are told again as `alerts.repeatAfter` has it;
 * if the state directory cannot be used, by each run. Never fails.
 */
export const tellWithoutJournal = (
  settings: Settings,
  repo: Option.Option<string>,
  { kind, message }: { readonly kind: "state" | "run_failed"; readonly message: string }
) =>
  Effect.gen(function* () {
    const { program } = yield* frameHere(repo)
    const commands = [`${program} ${kind === "state" ? "state show" : "run --dry-run"}`]
    const condition = conditionOf({ kind, what: `a run could not begin: ${message}`, commands })
    yield* tellChannels(settings, [condition])
  }).pipe((telling) =>
    Effect.flatMap(ThisProcess, (process) => Effect.provide(telling, channelLayer(settings, process)))
  )

/** Tells the heartbeat and the channels that a run could not even begin. Never fails. */
export const tellNotBegun = (settings: Settings, repo: Option.Option<string>, failure: CommandFailure) =>
  Effect.gen(function* () {
    const [{ ended }, run] = yield* Effect.all([Heartbeat, newRunId])
    const { _tag, message } = failure
    const telling = tellWithoutJournal(settings, repo, {
      kind: _tag === "JournalFailed" ? "state" : "run_failed",
      message
    })
    yield* Effect.all([ended(run, EXIT_OF[_tag], message), telling], { concurrency: "unbounded" })
  }).pipe(Effect.provide(heartbeat(settings)))

/** Tells the channels that runs begin again, if they were told that these could not. Never fails. */
export const tellBegun = Effect.flatMap(CurrentSettings, (settings) => tellChannels(settings, []))

/** Whether the journal knows how this run ended. */
export const isRecorded = (run: RunId) =>
  withLimits(Effect.flatMap(JournalQueries, (journal) => journal.runs({ last: 10 }))).pipe(
    Effect.map((runs) => runs.some((each) => each.run === run && each.ended !== undefined)),
    Effect.orElseSucceed(() => false)
  )
