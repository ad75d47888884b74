import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Either, Option } from "effect"
import type { Repository } from "../../domain/Repository.ts"
import { Exec } from "../../exec/Exec.ts"
import { runLines } from "../../report/schedule/crontab.ts"
import { readCrontab } from "../../report/schedule/readCrontab.ts"
import { startedBy } from "../../report/schedule/startedBy.ts"
import { ThisProcess } from "../../surroundings.ts"
import { blockIn, markerName, scheduleName } from "./block.ts"
import { textAt } from "./files.ts"
import { startsIn, wrapperFacts } from "./wrapperScript.ts"

const SCRIPT = "dx-nightly-dispatcher"
const LOG = "nightly-dispatch"

/** Where the script and its log are, and what starts it. All paths are absolute. */
export interface CronPlace {
  /** The name of the repository's schedule. */
  readonly name: string
  readonly script: string
  readonly log: string
  readonly bash: string
  /** The fleet's `dx-job-wrapper.sh`; `undefined` if it is not installed. */
  readonly jobWrapper: string | undefined
}

/**
 * Whether the crontab has lines with the name that earlier versions gave them, which are no other repository's: no script that
 * they start is there and says whose it is.
 */
const hasEarlierLines = Effect.fn("cron.earlierLines")(function* (name: string, home: string) {
  const crontab = yield* Effect.option(readCrontab("5 seconds"))
  const inside = Option.flatMap(crontab, (text) => Either.getRight(blockIn(text, name)))
  if (Option.isNone(inside) || inside.value === undefined) return false
  const scripts = runLines(inside.value.join("\n")).flatMap(({ command }) => startedBy(command, home).script ?? [])
  const isMade = (file: string) =>
    Effect.map(Effect.option(textAt(file)), (text) => wrapperFacts(Option.getOrUndefined(text) ?? "") !== undefined)
  return !(yield* Effect.exists(scripts, isMade))
})

/**
 * The places of a repository's script: where it is already, also under the name of earlier versions; else the usual place; if
 * the script there serves another repository, one with the name of this schedule.
 */
export const placeFor = Effect.fn("cron.place")(function* (repository: Repository) {
  const [process, exec, path, files] = yield* Effect.all([ThisProcess, Exec, Path.Path, FileSystem.FileSystem])
  const home = process.home ?? process.cwd
  const scripts = path.join(home, "agent-skills", "scripts")
  const jobWrapper = path.join(scripts, "dx-job-wrapper.sh")
  const isFleet = yield* Effect.orElseSucceed(files.exists(jobWrapper), () => false)
  const directory = isFleet ? scripts : path.join(home, ".local", "bin")
  const real = yield* Effect.orElseSucceed(files.realPath(repository.path), () => repository.path)
  const [earlier, own] = [markerName(repository.name), scheduleName({ ...repository, path: real })]
  const fileOf = (suffix: string) => path.join(directory, `${SCRIPT}${suffix}.sh`)
  const found = yield* Effect.forEach(["", `-${earlier}`, `-${own}`], (suffix) =>
    Effect.map(textAt(fileOf(suffix)), (text = "") => ({ suffix, text, madeFor: wrapperFacts(text)?.name }))
  )
  const ours = found.find(
    ({ madeFor, text }) => madeFor === own || (madeFor === earlier && startsIn(text, repository.path))
  )
  const isFree = found[0]?.madeFor === undefined
  const suffix = ours?.suffix ?? (isFree ? "" : `-${own}`)
  return {
    name: ours?.madeFor ?? ((yield* hasEarlierLines(earlier, home)) ? earlier : own),
    script: fileOf(suffix),
    log: path.join(home, "logs", "dx", `${LOG}${suffix}.log`),
    bash: (yield* exec.which("bash")) ?? "/bin/bash",
    jobWrapper: isFleet ? jobWrapper : undefined
  } satisfies CronPlace
})
