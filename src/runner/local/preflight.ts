import { Effect, Either, type Duration } from "effect"
import { PreflightFailed, type RunnerFailed } from "../../domain/Failure.ts"
import type { PreflightReport, Provider } from "../../domain/Provider.ts"
import type { JobTemps } from "../jobTemp.ts"
import { oneLine } from "../../domain/Text.ts"
import { Exec } from "../../exec/Exec.ts"
import { agentCommand, type AgentCommand, type Assignment } from "./agentCommand.ts"
import { presetOf, type Environment } from "./presets.ts"

const preflightFailed = (
  { name }: Provider,
  detail: string,
  lines: ReadonlyArray<string>,
  blame: "provider" | "config" = "provider"
) => new PreflightFailed({ provider: name, detail, lines: [...lines, `  ERROR: ${detail}`], blame })

/**
 * The agent's command with its program as an absolute path, and a line for each check. Fails with `PreflightFailed` if the
 * program or its credentials are missing. Starts nothing and costs nothing, so every start begins with it.
 */
export const locateAgent = Effect.fn("LocalRunner.locateAgent")(function* (
  provider: Provider,
  environment: Environment,
  assignment: Assignment
): Effect.fn.Return<{ readonly agent: AgentCommand; readonly lines: ReadonlyArray<string> }, PreflightFailed, Exec> {
  const exec = yield* Exec
  const command = agentCommand(provider, environment, assignment)
  if (Either.isLeft(command)) return yield* preflightFailed(provider, command.left, [], "config")
  const name = command.right.command
  const path = yield* exec.which(name)
  if (path === undefined) {
    const detail = name.includes("/") ? `${name} does not exist or is not executable` : `${name} not found on PATH`
    return yield* preflightFailed(provider, detail, [`${name} binary: MISSING`])
  }
  const binary = `${name} binary: OK (${path})`
  const agent: AgentCommand = { ...command.right, command: path }
  const credentials = presetOf(provider)?.credentials?.(environment)
  if (credentials === undefined) return { agent, lines: [binary] }
  return Either.isRight(credentials)
    ? { agent, lines: [binary, `auth resolution: OK (${credentials.right})`] }
    : yield* preflightFailed(provider, credentials.left, [binary, "auth resolution: MISSING"])
})

const NO_ASSIGNMENT: Assignment = { prompt: "", promptFile: "/dev/null", worktree: "/" }

const check = Effect.fnUntraced(function* (
  provider: Provider,
  environment: Environment,
  timeout: Duration.Duration,
  temps: Pick<JobTemps, "forCall">
) {
  const exec = yield* Exec
  const { agent, lines } = yield* locateAgent(provider, environment, NO_ASSIGNMENT)
  const tool = presetOf(provider)?.command
  if (tool === undefined) return lines
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
  if (version.exitCode === 0) return [...lines, `${tool} version: OK (${oneLine(version.stdout, 80)})`]
  const output = version.stderr || version.stdout
  return yield* failed(oneLine(`${tool} --version ended with exit code ${version.exitCode}: ${output}`))
}, Effect.scoped)

/** Checks that a provider's tool exists and has credentials. A preset's tool must also answer `--version`. */
export const preflightLocally = Effect.fn("LocalRunner.preflight")(function* (
  provider: Provider,
  environment: Environment,
  timeout: Duration.Duration,
  temps: Pick<JobTemps, "forCall">
): Effect.fn.Return<PreflightReport, PreflightFailed | RunnerFailed, Exec> {
  const [duration, lines] = yield* Effect.timed(check(provider, environment, timeout, temps))
  return { provider: provider.name, lines, warnings: [], duration }
})
