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

/** A job that ended in another way may have been cut short before its agent said anything. */
const ENDED_WELL: ReadonlySet<string> = new Set(["succeeded", "no_op", "unverified"])

/**
 * Whether the jobs of a provider report this unit; `undefined` if nothing tells. A tool that is known to report is believed until
 * it leaves the price out. Else the last job that ended well tells. `attempts`: the recent ones, oldest first. `known`: what the
 * runner knows of the tools that it starts, by the provider's name.
 *
 * @example
 * reports(provider, "cost", yield* journal.since(yesterday), runner.reportsUsage) // false
 */
export const reports = (
  { command, name }: Provider,
  unit: Unit,
  attempts: ReadonlyArray<Attempt>,
  known: ReadonlyMap<string, boolean> = new Map()
): boolean | undefined => {
  const tool = command === undefined ? known.get(name) : undefined
  const last = attempts
    .flatMap((attempt) => (ackOf(attempt)?.provider === name ? (endingOf(attempt) ?? []) : []))
    .findLast(({ end, usage }) => usage !== undefined || (tool === undefined && ENDED_WELL.has(end)))
  if (last === undefined) return tool
  return unit === "tokens" ? last.usage !== undefined : last.usage?.costUsd !== undefined
}
