import { Either } from "effect"
import { MAX_PROMPT_BYTES } from "../../domain/PromptFile.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Capacity } from "../DxRunner.ts"

/** dx-runner's own pattern for secret-manager commands, a little wider: also in capitals, also after an underscore. */
const RAW_OP = /(?<![A-Za-z0-9])op[^\S\n]+(?:read|whoami|item[^\S\n]+(?:get|list))/i

/** What dx-runner would refuse of a prompt, whatever the provider. */
export const promptRefusal = (prompt: string): string | undefined => {
  const bytes = new TextEncoder().encode(prompt).length
  if (bytes > MAX_PROMPT_BYTES) {
    return `the prompt has ${Math.ceil(bytes / 1024)} KiB; dx-runner passes it as one argument, which holds 100`
  }
  const line = prompt.split("\n").find((line) => RAW_OP.test(line))
  return line === undefined
    ? undefined
    : `the prompt holds a secret-manager command, which dx-runner refuses: ${oneLine(line, 120)}`
}

const DEFAULTS = [
  ["opencode", 2],
  ["claude-code", 1],
  ["cc-glm", 2],
  ["gemini", 1]
] as const

/**
 * How many jobs of each provider the runner lets in, from its defaults and its environment. Left: a cap it cannot read,
 * with which it would fail every start.
 */
export const capsIn = (env: Readonly<Record<string, string | undefined>>): Either.Either<Capacity, string> => {
  const caps = new Map<ProviderName, number>()
  for (const [name, fallback] of DEFAULTS) {
    const variable = `DX_RUNNER_MAX_PARALLEL_${name.toUpperCase().replace("-", "_")}`
    const value = env[variable] ?? ""
    if (!/^(-?\d{1,6})?$/.test(value)) {
      return Either.left(`${variable} is not a number: ${oneLine(value, 60)}; dx-runner would fail each start`)
    }
    const cap = value === "" ? fallback : Math.max(0, Number(value))
    // The runner counts a gemini job twice, once for its child.
    caps.set(ProviderName.make(name), name === "gemini" ? Math.ceil(cap / 2) : cap)
  }
  return Either.right(caps)
}
