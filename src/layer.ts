import * as Path from "@effect/platform/Path"
import { Context, Effect, Layer } from "effect"
import * as os from "node:os"
import * as path from "node:path"
import type { BeadsCli } from "./beads/BeadsCli.ts"
import * as dryRun from "./dispatch/attempt/dryRun.ts"
import * as dispatchIssue from "./dispatch/attempt/dispatchIssue.ts"
import type { Dispatcher } from "./dispatch/attempt/Dispatcher.ts"
import type { JournalFailed } from "./domain/Failure.ts"
import { knowing } from "./domain/Redaction.ts"
import { secretsIn } from "./domain/environmentSecrets.ts"
import { RunPlace } from "./domain/RunPlace.ts"
import { settingsSecrets, CurrentSettings, type Settings } from "./domain/Settings.ts"
import * as bootClock from "./exec/bootClock.ts"
import { Exec } from "./exec/Exec.ts"
import * as NodeExec from "./exec/NodeExec.ts"
import type { OtherTracker } from "./journal/identity.ts"
import * as FirstRunFile from "./journal/FirstRunFile.ts"
import { journals } from "./journal/imported.ts"
import type { Services as JournalServices } from "./journal/sql/services.ts"
import type { PromptStore } from "./prompt/PromptStore.ts"
import type { DxRunner } from "./runner/DxRunner.ts"
import type { Verifier } from "./runner/Verifier.ts"
import { registerRepository } from "./host/repositories.ts"
import { alertChannels, heartbeat } from "./lazyLayers.ts"
import { findTools, repositoryOf, type Tools } from "./locate.ts"
import { onHost, policyOf } from "./onHost.ts"
import {
  withOneError,
  type AnyParts,
  type KnownParts,
  type PartErrors,
  type Parts,
  type Platform
} from "./layerParts.ts"
import { repositoriesDirectory } from "./statePlace.ts"
import type { Surroundings } from "./surroundings.ts"
import type { KeptWork } from "./workspace/KeptWork.ts"
import type { Workspaces } from "./workspace/Workspaces.ts"

/** Every service of a dispatch, except journal and dispatcher. */
export type Services = BeadsCli | DxRunner | Verifier | PromptStore | Workspaces | KeptWork | Exec

/** Every service of a run. */
export type LayerServices = Services | JournalServices | Dispatcher

const hostName = (settings: Settings, { host }: Surroundings): string => settings.host.name ?? host ?? os.hostname()

/** This host and the repository of the settings, for runs that are not told theirs. */
const placeOfRuns = (settings: Settings, surroundings: Surroundings) =>
  Layer.effect(
    RunPlace,
    Effect.map(Effect.context<Exec | Path.Path>(), (context) =>
      Effect.map(repositoryOf(settings, surroundings), (repository) => ({
        host: hostName(settings, surroundings),
        repository
        // Not the whole context: a run has its own scope and spans.
      })).pipe(Effect.provide(Context.pick(Exec, Path.Path)(context)))
    )
  )

/** Looks for the tools once, makes layers of them, and adds what these stand on: processes, settings, secrets. */
const onTools = <A, E, F, R>(
  settings: Settings,
  surroundings: Surroundings,
  parts: Parts<F>,
  make: (tools: Tools) => Effect.Effect<Layer.Layer<A, E, R>, never, Exec | Platform>
) => {
  const exec = NodeExec.layerWith({
    environment: surroundings.environment,
    machine: settings.host.id,
    ...policyOf(settings)
  })
  return Layer.unwrapEffect(Effect.flatMap(findTools(settings, surroundings, parts), make)).pipe(
    Layer.merge(placeOfRuns(settings, surroundings)),
    Layer.provideMerge(Layer.merge(parts.exec ?? exec, bootClock.layer)),
    Layer.provideMerge(Layer.succeed(CurrentSettings, settings)),
    Layer.provideMerge(knowing([...secretsIn(surroundings.environment), ...settingsSecrets(settings)]))
  )
}

/** The part if there is one, else our own layer. */
const either = <A, E, R, E2, R2>(
  part: Layer.Layer<A, E, R> | undefined,
  ours: Layer.Layer<A, E2, R2>
): Layer.Layer<A, E | E2, R | R2> => part ?? ours

/** A layer that takes parts, each of which may fail with an error of its own. */
const taking =
  <A, F>(
    make: <E>(settings: Settings, surroundings: Surroundings, parts: Parts<E>) => Layer.Layer<A, F | E, Platform>
  ) =>
  <P extends AnyParts = Record<never, never>>(
    settings: Settings,
    surroundings: Surroundings,
    parts?: KnownParts<P>
  ): Layer.Layer<A, F | PartErrors<P>, Platform> =>
    parts === undefined ? make<never>(settings, surroundings, {}) : make(settings, surroundings, withOneError<P>(parts))

/**
 * The services that the settings name. With `backend: auto`, a service uses its tool if the tool is installed, else its
 * embedded layer. Building the layer looks for the tools and starts only git. `parts`: services of your own in place of ours.
 *
 * @example
 * program.pipe(Effect.provide(services(settings, surroundings)), Effect.provide(NodeContext.layer))
 */
export const services = taking<Services, never>((settings, surroundings, parts) =>
  onTools(settings, surroundings, parts, (tools) => onHost(settings, surroundings, tools, parts))
)

/** The channels, and what they stand on: for a command that only tries them. */
export const channelLayer = (settings: Settings, surroundings: Surroundings): Layer.Layer<Exec, never, Platform> =>
  onTools(settings, surroundings, {}, () => Effect.succeed(alertChannels(settings)))

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
 * `JournalFailed` if the journal cannot be used, with `OtherTracker` if the state directory serves another tracker, or with the
 * error of a part. `parts`: services of your own in place of ours.
 *
 * @example
 * nightlyRun().pipe(Effect.provide(layer(settings, surroundings, { beads })), Effect.provide(NodeContext.layer))
 */
export const layer = taking<LayerServices, JournalFailed | OtherTracker>((settings, surroundings, parts) =>
  onTools(settings, surroundings, parts, (tools) =>
    Effect.map(onHost(settings, surroundings, tools, parts), (host) =>
      dispatchIssue.layer.pipe(
        // Only what the state directory serves is written down: by then the journal has checked that.
        Layer.provideMerge(
          either(
            parts.journal,
            Layer.tap(journals(settings).layer({ ...tools.state, host: hostName(settings, surroundings) }), () =>
              register(surroundings, tools)
            )
          )
        ),
        Layer.provideMerge(
          Layer.mergeAll(
            host,
            FirstRunFile.layer(tools.state),
            parts.alerts ?? Layer.merge(heartbeat(settings), alertChannels(settings))
          )
        )
      )
    )
  )
)

type Open<E, R> = (place: Tools["state"]) => Layer.Layer<JournalServices, E, R>

/** All services but the dispatcher, of which none changes anything: nothing is fetched, and the journal is what `open` gives. */
const looking = <E, F, R>(settings: Settings, surroundings: Surroundings, parts: Parts<F>, open: Open<E, R>) =>
  onTools(settings, surroundings, parts, (tools) =>
    Effect.map(onHost(settings, surroundings, tools, parts, true), (host) =>
      Layer.mergeAll(FirstRunFile.layer(tools.state), parts.journal ?? open(tools.state), host)
    )
  )

/**
 * Like `layer`, for a dry run: the dispatcher claims, writes and starts nothing, and the journal is only read.
 *
 * @example
 * nightlyRun().pipe(Effect.provide(dryLayer(settings, surroundings)), Effect.provide(NodeContext.layer))
 */
export const dryLayer = taking<LayerServices, JournalFailed | OtherTracker>((settings, ...given) =>
  Layer.merge(dryRun.layer, looking(settings, ...given, journals(settings).reading))
)

/**
 * Like `dryLayer`, for `shadowRun`: the journal keeps shadow runs.
 *
 * @example
 * shadowRun().pipe(Effect.provide(shadowLayer(settings, surroundings)), Effect.provide(NodeContext.layer))
 */
export const shadowLayer = taking<LayerServices, JournalFailed | OtherTracker>((settings, ...given) =>
  Layer.merge(dryRun.layer, looking(settings, ...given, journals(settings).shadowing))
)

/**
 * All services, for the commands that only show something: nothing is fetched, and the journal is only read. Building the layer
 * fails only with the error of a part: if the journal cannot be read, each of its methods fails with `JournalFailed`; if there is
 * none, it has no rows.
 *
 * @example
 * Effect.flatMap(JournalQueries, (journal) => journal.runs({ last: 1 })).pipe(
 *   Effect.provide(viewLayer(settings, surroundings)),
 *   Effect.provide(NodeContext.layer)
 * )
 */
export const viewLayer = taking<Services | JournalServices, never>((settings, ...given) =>
  looking(settings, ...given, journals(settings).viewing)
)
