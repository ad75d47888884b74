import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Duration, Effect, Option } from "effect"
import type { Repository } from "../../domain/Repository.ts"
import { Exec } from "../../exec/Exec.ts"
import { OVERDUE_GRACE } from "../../journal/Journal.ts"
import { presetOf } from "../../runner/local/presets.ts"
import { namedClone, repositoryOf } from "../../locate.ts"
import { ThisProcess } from "../../surroundings.ts"
import type { LoadedSettings } from "../settings/load.ts"
import { METRICS_FILE, metricsFileOf } from "../telemetry/metrics.ts"
import { markerName } from "./block.ts"
import { textAt, type FileChange } from "./files.ts"
import { directoryOf } from "./text.ts"
import { cronVariables } from "./variables.ts"
import { wrapperFacts, wrapperScript } from "./wrapperScript.ts"

const SCRIPT = "dx-nightly-dispatcher"
const LOG = "nightly-dispatch"

/** Where the script and its log are, and what starts it. All paths are absolute. */
export interface CronPlace {
  readonly script: string
  readonly log: string
  readonly bash: string
  /** The fleet's `dx-job-wrapper.sh`; `undefined` if it is not installed. */
  readonly jobWrapper: string | undefined
}

/** The usual places; if the script there serves another repository, places with the name of this one. */
export const placeFor = Effect.fn("cron.place")(function* (name: string) {
  const [process, exec, path, files] = yield* Effect.all([ThisProcess, Exec, Path.Path, FileSystem.FileSystem])
  const home = process.home ?? process.cwd
  const scripts = path.join(home, "agent-skills", "scripts")
  const jobWrapper = path.join(scripts, "dx-job-wrapper.sh")
  const isFleet = yield* Effect.orElseSucceed(files.exists(jobWrapper), () => false)
  const directory = isFleet ? scripts : path.join(home, ".local", "bin")
  const usual = yield* textAt(path.join(directory, `${SCRIPT}.sh`))
  const isOthers = ![undefined, name].includes(usual === undefined ? undefined : wrapperFacts(usual)?.name)
  const suffix = isOthers ? `-${name}` : ""
  return {
    script: path.join(directory, `${SCRIPT}${suffix}.sh`),
    log: path.join(home, "logs", "dx", `${LOG}${suffix}.log`),
    bash: (yield* exec.which("bash")) ?? "/bin/bash",
    jobWrapper: isFleet ? jobWrapper : undefined
  } satisfies CronPlace
})

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

/** After the run has ended itself and its watchdog has tried, and before the next run would call it hung. */
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
  const name = markerName(repository.name)
  const place = yield* placeFor(name)
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
