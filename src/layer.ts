import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, Layer } from "effect"
import * as path from "node:path"
import type { BeadsCli } from "./beads/BeadsCli.ts"
import * as dryRun from "./dispatch/attempt/dryRun.ts"
import * as dispatchIssue from "./dispatch/attempt/dispatchIssue.ts"
import type { Dispatcher } from "./dispatch/attempt/Dispatcher.ts"
import type { JournalFailed } from "./domain/Failure.ts"
import { knowing } from "./domain/Redaction.ts"
import { secretsIn } from "./domain/environmentSecrets.ts"
import { alertAddresses, CurrentSettings, hasChannel, type Settings } from "./domain/Settings.ts"
import * as bootClock from "./exec/bootClock.ts"
import type { Exec } from "./exec/Exec.ts"
import * as NodeExec from "./exec/NodeExec.ts"
import type { OtherTracker } from "./journal/identity.ts"
import * as FirstRunFile from "./journal/FirstRunFile.ts"
import type * as SqliteJournal from "./journal/sqlite/SqliteJournal.ts"
import type { PromptStore } from "./prompt/PromptStore.ts"
import type { DxRunner } from "./runner/DxRunner.ts"
import type { Verifier } from "./runner/Verifier.ts"
import { registerRepository } from "./host/repositories.ts"
import { findTools, type Tools } from "./locate.ts"
import { onHost, policyOf } from "./onHost.ts"
import { repositoriesDirectory } from "./statePlace.ts"
import type { Surroundings } from "./surroundings.ts"
import type { KeptWork } from "./workspace/KeptWork.ts"
import type { Workspaces } from "./workspace/Workspaces.ts"

type Platform = FileSystem.FileSystem | Path.Path

/** Every service of a dispatch, except journal and dispatcher. */
export type Services = BeadsCli | DxRunner | Verifier | PromptStore | Workspaces | KeptWork | Exec

/** Looks for the tools once, makes layers of them, and adds what these stand on: processes, settings, secrets. */
const onTools = <A, E, R>(
  settings: Settings,
  surroundings: Surroundings,
  make: (tools: Tools) => Effect.Effect<Layer.Layer<A, E, R>, never, Exec | Platform>,
  exec: Layer.Layer<Exec> = NodeExec.layerWith({
    environment: surroundings.environment,
    machine: settings.host.id,
    ...policyOf(settings)
  })
) =>
  Layer.unwrapEffect(Effect.flatMap(findTools(settings, surroundings), make)).pipe(
    Layer.provideMerge(Layer.merge(exec, bootClock.layer)),
    Layer.provideMerge(Layer.succeed(CurrentSettings, settings)),
    Layer.provideMerge(knowing([...secretsIn(surroundings.environment), ...alertAddresses(settings)]))
  )

/**
 * The services that the settings name. With `backend: auto`, a service uses its tool if the tool is installed, else its
 * embedded layer. Building the layer looks for the tools and starts only git.
 *
 * @example
 * program.pipe(Effect.provide(services(settings, surroundings)), Effect.provide(NodeContext.layer))
 */
export const services = (
  settings: Settings,
  surroundings: Surroundings,
  exec?: Layer.Layer<Exec>
): Layer.Layer<Services, never, Platform> =>
  onTools(settings, surroundings, (tools) => onHost(settings, surroundings, tools), exec)

/** Imports SQLite only for commands that use the journal: the import takes longer than most other commands run. */
const sqlite = <A, E, R>(make: (journals: typeof SqliteJournal) => Layer.Layer<A, E, R>) =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("./journal/sqlite/SqliteJournal.ts")),
      make
    )
  )

/** The heartbeat of `alerts.deadMan`; without it, one that does nothing. Imports the HTTP client only if it is needed. */
export const heartbeat = ({ alerts: { deadMan } }: Settings): Layer.Layer<never> =>
  deadMan === undefined
    ? Layer.empty
    : Layer.unwrapEffect(
        Effect.map(
          Effect.promise(() => import("./alerts/http/HttpHeartbeat.ts")),
          ({ onFetch }) => onFetch(new URL(deadMan))
        )
      )

/** The channels that `alerts` names; none if it names none. Imports what they need only then. */
export const alertChannels = (settings: Settings): Layer.Layer<never, never, Exec> =>
  hasChannel(settings)
    ? Layer.unwrapEffect(
        Effect.map(
          Effect.promise(() => import("./alerts/channels/channels.ts")),
          ({ layer }) => layer(settings)
        )
      )
    : Layer.empty

/** The channels, and what they stand on: for a command that only tries them. */
export const channelLayer = (settings: Settings, surroundings: Surroundings): Layer.Layer<Exec, never, Platform> =>
  onTools(settings, surroundings, () => Effect.succeed(alertChannels(settings)))

type RunLayer = (
  settings: Settings,
  surroundings: Surroundings,
  exec?: Layer.Layer<Exec>
) => Layer.Layer<Services | SqliteJournal.Services | Dispatcher, JournalFailed | OtherTracker, Platform>

/** Writes down that this repository is worked on from here. */
const register = (surroundings: Surroundings, { beadsDir, repository, state }: Tools) => {
  const directory = repositoriesDirectory(surroundings)
  if (directory === undefined || repository === undefined) return Effect.void
  const stateDir = path.resolve(surroundings.cwd, state.directory)
  const { settingsFile } = surroundings
  return registerRepository(directory, { ...repository, stateDir, tracker: beadsDir, settingsFile })
}

/**
 * All services that `nightlyRun` uses, with the journal in the state directory and a dispatcher that starts jobs. Fails with
 * `JournalFailed` if the journal cannot be used, with `OtherTracker` if the state directory serves another tracker.
 */
export const layer: RunLayer = (settings, surroundings, exec) =>
  onTools(
    settings,
    surroundings,
    (tools) =>
      Effect.map(onHost(settings, surroundings, tools), (host) =>
        dispatchIssue.layer.pipe(
          // Only what the state directory serves is written down: by then the journal has checked that.
          Layer.provideMerge(
            Layer.tap(
              sqlite(({ layer }) => layer(tools.state)),
              () => register(surroundings, tools)
            )
          ),
          Layer.provideMerge(
            Layer.mergeAll(host, FirstRunFile.layer(tools.state), heartbeat(settings), alertChannels(settings))
          )
        )
      ),
    exec
  )

/** All services but the dispatcher, of which none changes anything: nothing is fetched, and the journal is what `open` gives. */
const lookingLayer =
  <E, R>(
    open: (journals: typeof SqliteJournal) => (place: Tools["state"]) => Layer.Layer<SqliteJournal.Services, E, R>
  ) =>
  (settings: Settings, surroundings: Surroundings, exec?: Layer.Layer<Exec>) =>
    onTools(
      settings,
      surroundings,
      (tools) =>
        Effect.map(onHost(settings, surroundings, tools, false), (host) =>
          Layer.mergeAll(
            FirstRunFile.layer(tools.state),
            sqlite((journals) => open(journals)(tools.state)),
            host
          )
        ),
      exec
    )

/** Like `layer`, for a dry run: the dispatcher claims, writes and starts nothing, and the journal is only read. */
export const dryLayer: RunLayer = (...given) =>
  Layer.merge(dryRun.layer, lookingLayer(({ reading }) => reading)(...given))

/** Like `dryLayer`, for `shadowRun`: the journal keeps shadow runs. */
export const shadowLayer: RunLayer = (...given) =>
  Layer.merge(dryRun.layer, lookingLayer(({ shadowing }) => shadowing)(...given))

/**
 * All services, for the commands that only show something: nothing is fetched, and the journal is only read. Building the layer
 * never fails: if the journal cannot be read, each of its methods fails with `JournalFailed`; if there is none, it has no rows.
 *
 * @example
 * status.pipe(Effect.provide(viewLayer(settings, surroundings)), Effect.provide(NodeContext.layer))
 */
export const viewLayer: (
  settings: Settings,
  surroundings: Surroundings,
  exec?: Layer.Layer<Exec>
) => Layer.Layer<Services | SqliteJournal.Services, never, Platform> = lookingLayer(({ viewing }) => viewing)
