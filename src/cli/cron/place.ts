import * as Path from "@effect/platform/Path"
import { Duration, Effect, Option } from "effect"
import type { Repository } from "../../domain/Repository.ts"
import { Exec } from "../../exec/Exec.ts"
import { OVERDUE_GRACE } from "../../journal/locking.ts"
import { presetOf } from "../../runner/local/presets.ts"
import { namedClone, repositoryOf } from "../../locate.ts"
import { ThisProcess } from "../../surroundings.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import { metricsFileOf } from "../telemetry/metrics.ts"
import { METRICS_FILE } from "../telemetry/metricsOption.ts"
import { textAt, type FileChange } from "./files.ts"
import { placeFor } from "./scriptPlace.ts"
import { directoryOf } from "./text.ts"
import { cronVariables } from "./variables.ts"
import { wrapperFacts, wrapperScript } from "./wrapperScript.ts"

/** What runs, dx-runner and the providers' adapters look for on PATH, besides what the settings name. */
const TOOLS = [
  "git",
  "git-lfs",
  "gh",
  "dx-worktree",
  "bash",
  "timeout",
  "jq",
  "flock",
  "mise",
  "opencode",
  "claude",
  "gemini"
]

/** The directories of all tools that a run may need, in the order of our own PATH. */
const toolDirectories = Effect.fn("cron.tools")(function* ({ settings }: LoadedSettings) {
  const [exec, { environment }] = yield* Effect.all([Exec, ThisProcess])
  const { alerts, beads, providers, runner, verify } = settings
  const named = [
    beads.path,
    runner.path ?? "dx-runner",
    ...providers.map((provider) => provider.command?.[0] ?? presetOf(provider)?.command ?? provider.name),
    ...[verify.command?.[0], alerts.command?.[0], alerts.sendmail].filter((tool) => tool !== undefined),
    ...TOOLS
  ].filter((tool) => tool.startsWith("/") || !tool.includes("/"))
  const found = yield* Effect.forEach(named, exec.which)
  const needed = new Set(found.flatMap((tool) => (tool === undefined ? [] : [directoryOf(tool)])))
  const searched = (environment["PATH"] ?? "").split(":").filter((directory) => needed.has(directory))
  return [...new Set([...searched, ...needed])]
})

/** The repository of the settings; without one the directory where runs would start. */
export const repositoryOrHere = Effect.fn("cron.repository")(function* ({ settings }: LoadedSettings) {
  const [process, path] = yield* Effect.all([ThisProcess, Path.Path])
  const directory = path.resolve(process.cwd, namedClone(settings, process) ?? process.cwd)
  const here = { name: settings.repo ?? path.basename(directory), path: directory }
  return Option.getOrElse(yield* Effect.option(repositoryOf(settings, process)), () => here)
})

/** `timeout` waits longer than the run and its watchdog, and less than the next run, which would call this one hung. */
const LATEST = Duration.subtract(OVERDUE_GRACE, Duration.minutes(1))

/**
 * The wrapper script that starts runs in a directory, in its place. `given`: directories that PATH begins with; those that the
 * script in its place was made with are kept.
 */
export const wrapperFor = Effect.fn("cron.wrapper")(function* (
  repository: Repository,
  loaded: LoadedSettings,
  given: ReadonlyArray<string>
) {
  const process = yield* ThisProcess
  const { settings } = loaded
  const { path: directory } = repository
  const place = yield* placeFor(repository)
  const { name } = place
  const before = yield* textAt(place.script)
  const facts = before === undefined ? undefined : wrapperFacts(before)
  const metrics = yield* metricsFileOf(Option.none())
  const text = wrapperScript({
    name,
    node: process.node,
    program: process.program,
    given: [...new Set([...(facts?.given ?? []), ...given])],
    path: yield* toolDirectories(loaded),
    directory,
    log: place.log,
    limit: Math.ceil(Duration.toSeconds(Duration.sum(settings.timeouts.run, LATEST))),
    variables: [...cronVariables(loaded), ...(metrics === undefined ? [] : [[METRICS_FILE, metrics] as const])]
  })
  const change = { file: place.script, mode: 0o700, before, text, keepsOld: facts?.isUnchanged !== true }
  return { name, place, change: change satisfies FileChange }
})
