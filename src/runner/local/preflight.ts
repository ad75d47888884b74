import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect, type Duration } from "effect"
import type { PreflightFailed, RunnerFailed } from "../../domain/Failure.ts"
import type { PreflightReport, Provider } from "../../domain/Provider.ts"
import { oneLine } from "../../domain/Text.ts"
import { Exec } from "../../exec/Exec.ts"
import type { JobTemps } from "../jobTemp.ts"
import type { Assignment } from "./agentCommand.ts"
import { askModel } from "./askModel.ts"
import { locateAgent, preflightFailed } from "./locateAgent.ts"
import { presetOf, type Environment } from "./presets.ts"

const NO_ASSIGNMENT: Assignment = { prompt: "", promptFile: "/dev/null", worktree: "/" }

/** The tool is there, and answers `--version` if it is a preset's. */
const checkBinary = Effect.fnUntraced(function* (
  provider: Provider,
  environment: Environment,
  timeout: Duration.Duration,
  temps: Pick<JobTemps, "forCall">
) {
  const exec = yield* Exec
  const { agent, lines } = yield* locateAgent(provider, environment, NO_ASSIGNMENT)
  const tool = presetOf(provider)?.command
  if (tool === undefined) return { lines }
  const failed = (what: string) => preflightFailed(provider, what, lines)
  const version = yield* exec
    .run({
      tool: "agent",
      command: agent.command,
      args: ["--version"],
      cwd: "/",
      env: { TMPDIR: yield* temps.forCall },
      timeout
    })
    .pipe(Effect.mapError((error) => failed(`${tool} --version: ${oneLine(error.message)}`)))
  if (version.exitCode === 0) return { lines: [...lines, `${tool} version: OK (${oneLine(version.stdout, 80)})`] }
  const output = version.stderr || version.stdout
  return yield* failed(oneLine(`${tool} --version ended with exit code ${version.exitCode}: ${output}`))
}, Effect.scoped)

/**
 * Checks that a provider's tool exists and has credentials. A preset's tool must also answer `--version`; with
 * `preflight: model` its model must answer instead, or that of a `command`.
 */
export const preflightLocally = Effect.fn("LocalRunner.preflight")(function* (
  provider: Provider,
  environment: Environment,
  timeout: Duration.Duration,
  temps: Pick<JobTemps, "forCall">
): Effect.fn.Return<PreflightReport, PreflightFailed | RunnerFailed, Exec | FileSystem.FileSystem> {
  const asked = provider.preflight === "model" ? askModel : checkBinary
  const [duration, answer] = yield* Effect.timed(asked(provider, environment, timeout, temps))
  return { provider: provider.name, warnings: [], ...answer, duration }
})
