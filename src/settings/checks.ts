import { Duration, Order, Schema } from "effect"
import type { Settings } from "../domain/Settings.ts"
import { longestDispatch } from "../domain/longestTimes.ts"
import { Span, spanLike } from "../domain/Span.ts"
import { isRecord, keyOf, placeOf, type Entry } from "./entries.ts"
import { problemAt, type Place, type Problem } from "./problems.ts"

/** The place where the value of a key was written. */
export const placeIn = (path: ReadonlyArray<PropertyKey>, entries: ReadonlyArray<Entry>): Place => {
  const entry = entries.find((entry) => entry.path.every((part, index) => part === path[index]))
  return entry === undefined ? { source: "default" } : placeOf(entry.origin, path)
}

/** Providers that are in the chain more than once: the run would try them more than once. */
export const repeatedProviders = (entries: ReadonlyArray<Entry>): ReadonlyArray<Problem> =>
  entries.flatMap((entry) => {
    if (keyOf(entry) !== "providers" || !Array.isArray(entry.value)) return []
    const names = entry.value.map((provider: unknown) => (isRecord(provider) ? provider["name"] : undefined))
    return names.flatMap((name, index): ReadonlyArray<Problem> => {
      const first = names.indexOf(name)
      if (typeof name !== "string" || first === index) return []
      const path = ["providers", index, "name"]
      const message = `is in the chain already, at providers[${first}]`
      return [problemAt(path, message, placeOf(entry.origin, path))]
    })
  })

const encodeSpan = Schema.encodeSync(Span)

/** What was written for a time limit; `undefined` if it has its default. */
const writtenFor = (key: keyof Settings["timeouts"], entries: ReadonlyArray<Entry>): string | undefined => {
  const value = entries.find(({ path }) => path[0] === "timeouts" && path[1] === key)?.value
  return typeof value === "string" ? value.trim() : undefined
}

const PARTS = ["preflight", "ack", "workspace", "beads"] as const

const HELD = "preflight + ack + workspace + 3 × beads"

/**
 * A `timeouts.run` too short for one dispatch: such a run starts no job but exits with 0. If `timeouts.run` has its default, the
 * longest time that was written is the mistake.
 */
export const tooShortRun = ({ timeouts }: Settings, entries: ReadonlyArray<Entry>): ReadonlyArray<Problem> => {
  const needed = longestDispatch(timeouts)
  if (Duration.lessThanOrEqualTo(needed, timeouts.run)) return []
  const problem = (key: keyof Settings["timeouts"], message: string): Problem =>
    problemAt(["timeouts", key], message, placeIn(["timeouts", key], entries))
  const run = writtenFor("run", entries)
  if (run !== undefined) {
    return [problem("run", `${run} cannot hold one dispatch (${HELD}): write ${spanLike(run, needed)} or more`)]
  }
  const byLength = Order.mapInput(Order.reverse(Duration.Order), (key: (typeof PARTS)[number]) => timeouts[key])
  const longest = PARTS.filter((key) => writtenFor(key, entries) !== undefined).toSorted(byLength)
  const usual = encodeSpan(timeouts.run)
  return longest.slice(0, 1).map((key) => {
    const why = `does not fit into timeouts.run (${usual} by default), which must hold ${HELD}`
    const next = `set timeouts.run to ${spanLike(usual, needed)} or more`
    return problem(key, `${writtenFor(key, entries)} ${why}: ${next}`)
  })
}
