import { Clock, Effect, Either, Layer } from "effect"
import { basename } from "node:path"
import { withLimits } from "../dispatch/limits/limitedServices.ts"
import { settingsSecrets } from "../domain/Settings.ts"
import { shellWord } from "../domain/shellWord.ts"
import * as NodeExec from "../exec/NodeExec.ts"
import { inOneLook } from "../exec/oneLook.ts"
import { hostRepositories, NO_REPOSITORIES, type HostRepository } from "../host/repositories.ts"
import { viewLayer } from "../layer.ts"
import { findState, newRun } from "../locate.ts"
import { gatherFacts } from "../report/needs/gatherFacts.ts"
import { hostStatusView, type SeenRepository } from "../report/status/hostStatus.ts"
import { statusView } from "../report/status/statusView.ts"
import { repositoriesDirectory } from "../statePlace.ts"
import { ThisProcess, type Environment } from "../surroundings.ts"
import * as ownSchedule from "./cron/ownSchedule.ts"
import { EXIT_OF } from "./exit.ts"
import { loadSettings } from "../settings/load.ts"
import { KeepSecret } from "./terminal/secrecy.ts"

/** Without the variables that set something for the repository that the operator is in. */
const environmentOfAny = (environment: Environment): Environment =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith("NIGHTLY_DISPATCH_") && name !== "BEADS_DIR")
  )

/** A process as the repository's own runs have it, as far as that is known. */
const processFor = Effect.fnUntraced(function* ({ path }: HostRepository) {
  const process = yield* ThisProcess
  return { ...process, cwd: path, environment: environmentOfAny(process.environment) }
})

/** The settings of the repository's runs, and what an operator types for it. */
const settingsFor = Effect.fnUntraced(function* (repository: HostRepository) {
  const { name, path, settingsFile: configFile, stateDir, tracker } = repository
  const process = yield* processFor(repository)
  const load = (flags: Readonly<Record<string, unknown>>) => loadSettings({ ...process, configFile, flags })
  // What its runs had from variables or options is known by what they wrote down.
  const { settings } = yield* load({
    repoPath: path,
    stateDir,
    ...(name === basename(path) ? {} : { repo: name }),
    ...(tracker === undefined ? {} : { beads: { dir: tracker } })
  })
  yield* Effect.flatMap(KeepSecret, (keep) => keep(settingsSecrets(settings)))
  const { state } = yield* findState((yield* load({})).settings, process)
  const program = [
    `cd ${shellWord(path)} &&`,
    ...(state.directory === stateDir ? [] : [`NIGHTLY_DISPATCH_STATE_DIR=${shellWord(stateDir)}`]),
    "nightly-dispatch",
    ...(configFile === undefined ? [] : ["--config", shellWord(configFile)])
  ].join(" ")
  return { settings, process, program }
})

const seenOf = Effect.fn("hostStatus.repository")(function* (repository: HostRepository) {
  const { name, path, stateDir } = repository
  const found = yield* Effect.either(settingsFor(repository))
  const plain = { name, path, stateDir, program: `cd ${shellWord(path)} && nightly-dispatch` }
  if (Either.isLeft(found)) {
    const { left: failure } = found
    return { ...plain, status: Either.left({ failure, exit: EXIT_OF[failure._tag] }) } satisfies SeenRepository
  }
  const { process, program, settings } = found.right
  const services = Layer.provideMerge(
    Layer.merge(viewLayer(settings, process), ownSchedule.layer),
    Layer.succeed(ThisProcess, process)
  )
  const place = yield* Effect.cached(newRun(settings, process))
  const status = yield* withLimits(gatherFacts(place)).pipe(
    Effect.flatMap((facts) => Effect.map(place, (at) => statusView(facts, { ...at, program }))),
    Effect.mapError((failure) => ({ failure, exit: EXIT_OF[failure._tag] })),
    Effect.either,
    Effect.provide(services)
  )
  return { ...plain, program, status } satisfies SeenRepository
}, inOneLook)

/** The repositories that are looked at together. Each starts some programs. */
const AT_ONCE = 2

/** What is known of every repository that this user's dispatchers work on from this host. */
export const seeHost = Effect.gen(function* () {
  const [process, now] = yield* Effect.all([ThisProcess, Clock.currentTimeMillis])
  const directory = repositoriesDirectory(process)
  const { repositories, unreadable } = directory === undefined ? NO_REPOSITORIES : yield* hostRepositories(directory)
  const seen = yield* Effect.forEach(repositories, seenOf, { concurrency: AT_ONCE })
  return { seen, unreadable, view: hostStatusView(seen, { host: process.host, now, unreadable }) }
}).pipe(Effect.provide(NodeExec.layer), Effect.withSpan("hostStatus"))
