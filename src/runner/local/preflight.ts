import { Effect, Either, type Duration } from "effect"
import { PreflightFailed } from "../../domain/Failure.ts"
import type { PreflightReport, Provider } from "../../domain/Provider.ts"
import { oneLine } from "../../domain/Text.ts"
import { Exec } from "../../exec/Exec.ts"
import { agentCommand, type AgentCommand, type Assignment } from "./agent.ts"
import { presetOf, type Environment } from "./presets.ts"

/** An agent's command that can be started, and what was found on the way, a status line each. */
export interface LocatedAgent {
  readonly agent: AgentCommand
  readonly lines: ReadonlyArray<string>
}

/**
 * The agent's command with its program as an absolute path, and its credentials looked at. Costs nothing, so it is done
 * before every start.
 */
export const locateAgent = Effect.fn("LocalRunner.locateAgent")(function* (
  provider: Provider,
  environment: Environment,
  assignment: Assignment
): Effect.fn.Return<LocatedAgent, PreflightFailed, Exec> {
  const exec = yield* Exec
  const no = (detail: string, lines: ReadonlyArray<string>, blame: "provider" | "config" = "provider") =>
    new PreflightFailed({ provider: provider.name, detail, lines, blame })
  const command = agentCommand(provider, environment, assignment)
  if (Either.isLeft(command)) return yield* no(command.left, [`  ERROR: ${command.left}`], "config")
  const name = command.right.command
  const path = yield* exec.which(name)
  if (path === undefined) {
    const detail = name.includes("/") ? `${name} is not there or not executable` : `${name} not found on PATH`
    return yield* no(detail, [`${name} binary: MISSING`, `  ERROR: ${detail}`])
  }
  const binary = `${name} binary: OK (${path})`
  const agent: AgentCommand = { ...command.right, command: path }
  const credentials = presetOf(provider)?.credentials?.(environment)
  if (credentials === undefined) return { agent, lines: [binary] }
  return Either.isRight(credentials)
    ? { agent, lines: [binary, `auth resolution: OK (${credentials.right})`] }
    : yield* no(credentials.left, [binary, "auth resolution: MISSING", `  ERROR: ${credentials.left}`])
})

const NOTHING: Assignment = { prompt: "", promptFile: "/dev/null", worktree: "/" }

/** Whether a provider's tool can be started: it is there, has credentials, and (a preset's) answers `--version`. */
export const localPreflight = Effect.fn("LocalRunner.localPreflight")(function* (
  provider: Provider,
  environment: Environment,
  timeout: Duration.Duration
): Effect.fn.Return<PreflightReport, PreflightFailed, Exec> {
  const exec = yield* Exec
  const [duration, lines] = yield* Effect.timed(
    Effect.gen(function* () {
      const { agent, lines } = yield* locateAgent(provider, environment, NOTHING)
      const tool = presetOf(provider)?.command
      if (tool === undefined) return lines
      const check = `${tool} --version`
      const no = (detail: string) =>
        new PreflightFailed({
          provider: provider.name,
          detail,
          lines: [...lines, `  ERROR: ${detail}`],
          blame: "provider"
        })
      const said = yield* exec
        .run({ command: agent.command, args: ["--version"], cwd: "/", timeout })
        .pipe(Effect.mapError((error) => no(`${check}: ${oneLine(error.message)}`)))
      if (said.exitCode !== 0) {
        return yield* no(oneLine(`${check} ended with exit code ${said.exitCode}: ${said.stderr || said.stdout}`))
      }
      return [...lines, `${tool} version: OK (${oneLine(said.stdout, 80)})`]
    })
  )
  return { provider: provider.name, lines, warnings: [], duration }
})
