import { Either } from "effect"
import type { Provider } from "../../domain/Provider.ts"

/** Environment variables. As an addition to an environment, `undefined` removes a variable. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A command line tool that this runner knows how to start without being told. */
export interface Preset {
  readonly command: string
  /** Jobs at once; the caps of `dx-runner`. */
  readonly maxParallel: number
  readonly args: (prompt: string, model: string | undefined, environment: Environment) => ReadonlyArray<string>
  readonly env: (environment: Environment) => Environment
  /** The variable its credentials come from, or what is wrong with them; absent when the tool keeps its own. */
  readonly credentials?: (environment: Environment) => Either.Either<string, string>
}

const GLM_TOKENS = ["CC_GLM_AUTH_TOKEN", "ZAI_API_KEY"]

const set = (environment: Environment, name: string): string | undefined => environment[name]?.trim() || undefined

const glmTokenName = (environment: Environment): string | undefined =>
  GLM_TOKENS.find((name) => set(environment, name) !== undefined)

const glmToken = (environment: Environment): string | undefined => {
  const name = glmTokenName(environment)
  return name === undefined ? undefined : set(environment, name)
}

// Where a tool reads flags anywhere on its command line, `--` or the form `--flag=value` keeps a prompt or a model that
// begins with a dash from being read as one.
const presets: ReadonlyMap<string, Preset> = new Map<string, Preset>([
  [
    "opencode",
    {
      command: "opencode",
      maxParallel: 2,
      args: (prompt, model) => ["run", ...(model === undefined ? [] : [`--model=${model}`]), "--", prompt],
      env: () => ({})
    }
  ],
  [
    "cc-glm",
    {
      command: "claude",
      maxParallel: 2,
      // Edits inside the worktree and commands need no answer; anything else is denied, not asked. Skipping every
      // permission would allow edits anywhere, and Claude Code refuses to do that as root.
      args: (prompt, model, environment) => [
        "--print",
        "--permission-mode=acceptEdits",
        "--allowedTools=Bash",
        `--model=${model ?? set(environment, "CC_GLM_MODEL") ?? "glm-5"}`,
        "--",
        prompt
      ],
      // A key for Anthropic's own endpoint must neither win over the token nor be sent to another one.
      env: (environment) => ({
        ANTHROPIC_BASE_URL: set(environment, "CC_GLM_BASE_URL") ?? "https://api.z.ai/api/anthropic",
        ANTHROPIC_AUTH_TOKEN: glmToken(environment),
        ANTHROPIC_API_KEY: undefined
      }),
      credentials: (environment) => {
        const name = glmTokenName(environment)
        if (name === undefined) return Either.left(`${GLM_TOKENS.join(" or ")} must be set`)
        return glmToken(environment)?.startsWith("op://") === true
          ? Either.left(`${name} holds an op:// reference, which the local runner does not resolve; give the token`)
          : Either.right(name)
      }
    }
  ],
  [
    "gemini",
    {
      command: "gemini",
      maxParallel: 1,
      args: (prompt, model) => ["--yolo", ...(model === undefined ? [] : [`--model=${model}`]), `--prompt=${prompt}`],
      // A fresh worktree is in nobody's list of trusted folders, and without trust `--yolo` does not count.
      env: () => ({ GEMINI_CLI_TRUST_WORKSPACE: "true" })
    }
  ]
])

/** The preset in force for a provider: none when it brings a command of its own. */
export const presetOf = (provider: Provider): Preset | undefined =>
  provider.command === undefined ? presets.get(provider.name) : undefined

const DEFAULT_MAX_PARALLEL = 2

/** How many jobs of a provider may run at once. */
export const capOf = (provider: Provider): number =>
  provider.maxParallel ?? presets.get(provider.name)?.maxParallel ?? DEFAULT_MAX_PARALLEL

/** The names and caps of the providers that need no command. */
export const presetCaps: ReadonlyArray<readonly [name: string, cap: number]> = Array.from(presets, ([name, preset]) => [
  name,
  preset.maxParallel
])
