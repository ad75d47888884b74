import { ackOf, endingOf, type Attempt } from "./Attempt.ts"
import type { Provider } from "./Provider.ts"
import type { Settings } from "./Settings.ts"

/** What only an agent's own output tells. */
export type Unit = "tokens" | "cost"

/** The units of which a night has a budget, each with its setting. */
export const unitsWithBudget = ({
  costPerNight,
  tokensPerNight
}: Settings["limits"]): ReadonlyArray<readonly [unit: Unit, key: string]> => [
  ...(tokensPerNight === undefined ? [] : [["tokens", "limits.tokensPerNight"] as const]),
  ...(costPerNight === undefined ? [] : [["cost", "limits.costPerNight"] as const])
]

/** The providers without a command of their own: whether their tool says what it uses, when it is asked to. */
export const PRESETS_REPORT: ReadonlyMap<string, boolean> = new Map([
  ["opencode", true],
  ["cc-glm", true],
  ["gemini", false]
])

/** A job that ended in another way may have been cut short before its agent said anything. */
const ENDED_WELL: ReadonlySet<string> = new Set(["succeeded", "no_op", "unverified"])

/**
 * Whether the jobs of a provider report this unit; `undefined` if nothing tells. A tool that is known to report is believed until
 * it leaves the price out. Of another command, the last job that ended well tells: it may be in a script of the user's own.
 * `attempts`: the recent ones, oldest first.
 *
 * @example
 * reports(provider, "cost", yield* journal.since(yesterday)) // false
 */
export const reports = (
  { command, name }: Provider,
  unit: Unit,
  attempts: ReadonlyArray<Attempt>
): boolean | undefined => {
  const preset = command === undefined ? PRESETS_REPORT.get(name) : undefined
  const last = attempts
    .flatMap((attempt) => (ackOf(attempt)?.provider === name ? (endingOf(attempt) ?? []) : []))
    .findLast(({ end, usage }) => usage !== undefined || (preset === undefined && ENDED_WELL.has(end)))
  if (last === undefined) return preset
  return unit === "tokens" ? last.usage !== undefined : last.usage?.costUsd !== undefined
}
