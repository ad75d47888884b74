import { Either } from "effect"
import type { Provider } from "../../domain/Provider.ts"
import { presetOf, type Environment } from "./presets.ts"

/** The task of an agent. */
export interface Assignment {
  readonly prompt: string
  /** Absolute path of the file with the same prompt. */
  readonly promptFile: string
  readonly worktree: string
  /** Whether a preset must print what it uses, as JSON. Default no: then its log is for people. */
  readonly usage?: boolean
}

/** How a provider's agent is started. Secrets are in `env`, never in `args`: any user of the host can read those. */
export interface AgentCommand {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env: Environment
}

/** The placeholders of a command in the settings. */
const PLACEHOLDERS = ["prompt", "promptFile", "worktree", "model"] as const
const isPlaceholder = (name: string): name is (typeof PLACEHOLDERS)[number] =>
  PLACEHOLDERS.some((placeholder) => placeholder === name)

const PLACEHOLDER = /\{([A-Za-z][A-Za-z0-9_]*)\}/g

const problemOf = (provider: Provider, element: string): string | undefined => {
  for (const [text, name = ""] of element.matchAll(PLACEHOLDER)) {
    if (!isPlaceholder(name)) {
      const names = PLACEHOLDERS.map((key) => `{${key}}`)
      return `providers: ${provider.name}: command: ${text} is not known; there are ${names.join(", ")}`
    }
    if (name === "model" && provider.model === undefined) {
      return `providers: ${provider.name}: command: {model} needs the provider's model to be set`
    }
  }
  return undefined
}

const customCommand = (
  provider: Provider,
  [command, ...args]: NonNullable<Provider["command"]>,
  assignment: Assignment
): Either.Either<AgentCommand, string> => {
  // The operator chooses the program; a worktree or a prompt must not.
  if (new RegExp(PLACEHOLDER).test(command)) {
    return Either.left(`providers: ${provider.name}: command: the program itself (${command}) takes no placeholder`)
  }
  const problem = args.map((element) => problemOf(provider, element)).find((found) => found !== undefined)
  if (problem !== undefined) return Either.left(problem)
  const { prompt, promptFile, worktree } = assignment
  const values = { prompt, promptFile, worktree, model: provider.model }
  const fill = (element: string): string =>
    element.replace(PLACEHOLDER, (text, name: string) => (isPlaceholder(name) ? (values[name] ?? text) : text))
  return Either.right({ command, args: args.map(fill), env: {} })
}

/**
 * The command that starts a provider's agent. Left: the fault in the settings. Each placeholder is replaced once, inside
 * its element, so a prompt's text cannot become a placeholder or a separate argument.
 *
 * @example
 * agentCommand(provider, process.env, { prompt, promptFile: "/tmp/x.prompt", worktree: "/tmp/agents/bd-1/repo" })
 */
export const agentCommand = (
  provider: Provider,
  environment: Environment,
  assignment: Assignment
): Either.Either<AgentCommand, string> => {
  if (provider.command !== undefined) return customCommand(provider, provider.command, assignment)
  const { prompt, usage = false } = assignment
  const preset = presetOf(provider)
  return preset === undefined
    ? Either.left(
        `the local runner does not know the provider ${provider.name}: give it a command in the settings, e.g. ` +
          `providers: [{ name: ${provider.name}, command: ["${provider.name}", "run", "{prompt}"] }]`
      )
    : Either.right({
        command: preset.command,
        args: preset.args({ prompt, model: provider.model, usage }, environment),
        env: preset.env(environment)
      })
}
