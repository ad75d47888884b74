import { Effect, Either } from "effect"
import type { Settings } from "../../domain/Settings.ts"
import { Exec } from "../../exec/Exec.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { inTime } from "../../report/lookup/inTime.ts"
import type { Known } from "./cronRun.ts"
import { ok, problem, warning, type Finding } from "./Finding.ts"
import { findTool, isOnlyInShell, missingTool, onlyInShell, type Both, type Tool } from "./tool.ts"

export interface RunnerFacts {
  readonly backend: Settings["runner"]["backend"]
  /** dx-runner's command, where it is used; `undefined`: local processes. */
  readonly dxRunner: Tool | undefined
  /** dx-runner by its name, where local processes are used. */
  readonly unused: Tool
  readonly version: Known<string>
  /** What dx-runner starts. */
  readonly tools: ReadonlyArray<Tool>
  /** The major version of bash on cron's PATH; `undefined` if it does not say. */
  readonly bash: Known<number | undefined>
}

/** The commands of dx-runner's scripts, and the packages of Debian that have them. */
const NEEDED: Readonly<Record<string, string>> = {
  bash: "sudo apt-get install bash",
  jq: "sudo apt-get install jq",
  flock: "sudo apt-get install util-linux",
  timeout: "sudo apt-get install coreutils"
}

const bashVersion = Effect.gen(function* () {
  const exec = yield* Exec
  const spec = { tool: "system", command: "bash", args: ["-c", "echo $BASH_VERSINFO"], cwd: "/" } as const
  const answer = yield* inTime(exec.run({ ...spec, timeout: "5 seconds" }))
  return Either.map(answer, ({ stdout }) => {
    const version = Number.parseInt(stdout, 10)
    return Number.isNaN(version) ? undefined : version
  })
})

export const gatherRunner = Effect.fn("doctor.runner")(function* (
  { runner: { backend } }: Settings,
  dxRunner: string | undefined,
  both: Both
) {
  const runner = yield* DxRunner
  return yield* Effect.all(
    {
      backend: Effect.succeed(backend),
      dxRunner: dxRunner === undefined ? Effect.sync(() => undefined) : findTool(dxRunner, both),
      unused: findTool("dx-runner", both),
      version: Effect.either(Effect.mapError(runner.version, ({ message }) => message)),
      tools: Effect.forEach(dxRunner === undefined ? [] : Object.keys(NEEDED), (name) => findTool(name, both)),
      bash: dxRunner === undefined ? Effect.succeed(Either.right(undefined)) : bashVersion
    },
    { concurrency: "unbounded" }
  )
})

const AREA = "runner"

const bashFindings = (bash: RunnerFacts["bash"]): ReadonlyArray<Finding> => {
  if (Either.isLeft(bash)) return [warning(AREA, `cannot tell the version of bash: ${bash.left}`)]
  if (bash.right === undefined) return [warning(AREA, "cannot tell the version of bash: it prints none")]
  return bash.right < 4
    ? [problem(AREA, `dx-runner needs bash 4, and cron's is bash ${bash.right}`, "brew install bash")]
    : []
}

export const runnerFindings = (facts: RunnerFacts): ReadonlyArray<Finding> => {
  const { backend, bash, dxRunner, tools, unused, version } = facts
  if (dxRunner === undefined) {
    // With `auto`, cron's run would start local processes where the operator expects dx-runner.
    return backend === "auto" && isOnlyInShell(unused) ? [onlyInShell(AREA, unused)] : [ok(AREA, "local processes")]
  }
  const install = "install dx-runner, or runner.backend: local in the settings"
  const missing = missingTool(AREA, dxRunner, "no job can start", install)
  if (missing.length > 0) return missing
  const bad = [
    ...tools.flatMap((tool) =>
      missingTool(AREA, tool, "dx-runner needs it", NEEDED[tool.name] ?? `install ${tool.name}`)
    ),
    ...(tools.some(({ cron, name }) => name === "bash" && cron !== undefined) ? bashFindings(bash) : []),
    ...(Either.isLeft(version) ? [problem(AREA, version.left, install)] : [])
  ]
  return bad.length > 0
    ? bad
    : [ok(AREA, `${Either.getOrElse(version, () => "dx-runner")}, with ${Object.keys(NEEDED).join(", ")}`)]
}
