import { Effect, Either } from "effect"
import { PreflightFailed } from "../../domain/Failure.ts"
import { WHERE_TO_SET } from "../../domain/Needed.ts"
import type { Provider } from "../../domain/Provider.ts"
import { Exec } from "../../exec/Exec.ts"
import { agentCommand, type AgentCommand, type Assignment } from "./agentCommand.ts"
import { presetOf, type Environment } from "./presets.ts"

/** The failure of a check. `lines`: what was checked before it. */
export const preflightFailed = (
  { name }: Provider,
  detail: string,
  lines: ReadonlyArray<string>,
  { blame = "provider", freeAt, needs }: Partial<Pick<PreflightFailed, "blame" | "freeAt" | "needs">> = {}
) => new PreflightFailed({ provider: name, detail, lines: [...lines, `  ERROR: ${detail}`], blame, freeAt, needs })

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
  if (Either.isLeft(command)) return yield* preflightFailed(provider, command.left, [], { blame: "config" })
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
    : yield* preflightFailed(provider, credentials.left, [binary, "auth resolution: MISSING"], {
        needs: { kind: "secret", next: `${credentials.left} ${WHERE_TO_SET}` }
      })
})
