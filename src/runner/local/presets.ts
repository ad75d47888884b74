import { Either } from "effect"
import type { Provider } from "../../domain/Provider.ts"

/** Environment variables. As an addition to an environment, `undefined` removes a variable. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What an agent is started for. `usage`: it must print what it uses, so its output is JSON. */
interface Task {
  readonly prompt: string
  readonly model: string | undefined
  readonly usage: boolean
}

/** A command line tool that the local runner can start without a `command` in the settings. */
interface Preset {
  readonly command: string
  /** Whether it says what it uses, if its task wants that. */
  readonly reports: boolean
  /** Jobs at once: the same caps as `dx-runner`. */
  readonly maxParallel: number
  readonly args: (task: Task, environment: Environment) => ReadonlyArray<string>
  readonly env: (environment: Environment) => Environment
  /** The name of the variable that holds the credentials. Left: their fault. Absent if the tool keeps its own. */
  readonly credentials?: (environment: Environment) => Either.Either<string, string>
}

const GLM_TOKENS = ["CC_GLM_AUTH_TOKEN", "ZAI_API_KEY"]

const valueIn = (environment: Environment, name: string): string | undefined => environment[name]?.trim() || undefined

const glmToken = (environment: Environment) =>
  GLM_TOKENS.map((name) => ({ name, value: valueIn(environment, name) })).find(({ value }) => value !== undefined)

// `--` and the form `--flag=value` keep a tool from reading a prompt or a model that begins with a dash as a flag.
const presets: ReadonlyMap<string, Preset> = new Map(
  Object.entries<Preset>({
    opencode: {
      command: "opencode",
      reports: true,
      maxParallel: 2,
      args: ({ model, prompt, usage }) => [
        "run",
        ...(usage ? ["--format=json"] : []),
        ...(model === undefined ? [] : [`--model=${model}`]),
        "--",
        prompt
      ],
      env: () => ({})
    },
    "cc-glm": {
      command: "claude",
      reports: true,
      maxParallel: 2,
      // Edits inside the worktree and commands are allowed; anything else is denied without a question. Skipping all
      // permissions would allow edits anywhere, and Claude Code refuses that as root.
      args: ({ model, prompt, usage }, environment) => [
        "--print",
        ...(usage ? ["--output-format=json"] : []),
        "--permission-mode=acceptEdits",
        "--allowedTools=Bash",
        `--model=${model ?? valueIn(environment, "CC_GLM_MODEL") ?? "glm-5"}`,
        "--",
        prompt
      ],
      // The tool would prefer a key for Anthropic's own endpoint to the token, and send it to the GLM endpoint.
      env: (environment) => ({
        ANTHROPIC_BASE_URL: valueIn(environment, "CC_GLM_BASE_URL") ?? "https://api.z.ai/api/anthropic",
        ANTHROPIC_AUTH_TOKEN: glmToken(environment)?.value,
        ANTHROPIC_API_KEY: undefined
      }),
      credentials: (environment) => {
        const token = glmToken(environment)
        if (token === undefined) return Either.left(`${GLM_TOKENS.join(" or ")} must be set`)
        const { name, value } = token
        return value?.startsWith("op://") === true
          ? Either.left(`${name} holds an op:// reference, which the local runner does not resolve; give the token`)
          : Either.right(name)
      }
    },
    gemini: {
      command: "gemini",
      reports: false,
      maxParallel: 1,
      args: ({ model, prompt }) => [
        "--yolo",
        ...(model === undefined ? [] : [`--model=${model}`]),
        `--prompt=${prompt}`
      ],
      // gemini does not trust a fresh worktree, and without trust it ignores `--yolo`.
      env: () => ({ GEMINI_CLI_TRUST_WORKSPACE: "true" })
    }
  })
)

/** The preset of a provider. `undefined` if its settings have a command, or if no preset has its name. */
export const presetOf = (provider: Provider): Preset | undefined =>
  provider.command === undefined ? presets.get(provider.name) : undefined

const DEFAULT_MAX_PARALLEL = 2

/** How many jobs of a provider may run at once. */
export const capOf = (provider: Provider): number =>
  provider.maxParallel ?? presets.get(provider.name)?.maxParallel ?? DEFAULT_MAX_PARALLEL

/** The names and caps of the presets. */
export const presetCaps = Array.from(presets, ([name, { maxParallel }]) => [name, maxParallel] as const)

/** The names of the presets, each with whether its tool says what it uses. */
export const presetReports: ReadonlyMap<string, boolean> = new Map(
  Array.from(presets, ([name, { reports }]) => [name, reports] as const)
)

/** The names of the presets, each with the command that it starts. */
export const presetCommands = Array.from(presets, ([name, { command }]) => [name, command] as const)

/** Why a preset of this name has no credentials in this environment; `undefined` if it has some, or if its tool keeps its own. */
export const lacksCredentials = (name: string, environment: Environment): string | undefined => {
  const found = presets.get(name)?.credentials?.(environment)
  return found === undefined ? undefined : Either.getOrUndefined(Either.flip(found))
}
