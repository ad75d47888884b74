import { Duration, Schema } from "effect"
import type { Settings } from "../../domain/Settings.ts"
import { longestDispatch } from "../../domain/longestTimes.ts"
import { Span } from "../../domain/Span.ts"
import { isRecord, keyOf, placeOf, type Entry } from "./entries.ts"
import { dotted, type Problem } from "./problems.ts"

/** The place where the value of a key was written. */
export const sourceOf = (path: ReadonlyArray<PropertyKey>, entries: ReadonlyArray<Entry>): string => {
  const entry = entries.find((entry) => entry.path.every((part, index) => part === path[index]))
  return entry === undefined ? "default" : placeOf(entry.origin, path)
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
      return [{ path: dotted(path), message, source: placeOf(entry.origin, path) }]
    })
  })

const encodeSpan = Schema.encodeSync(Span)

/** A `timeouts.run` too short for one dispatch. Such a run starts no job but exits with 0. */
export const tooShortRun = ({ timeouts }: Settings, entries: ReadonlyArray<Entry>): ReadonlyArray<Problem> => {
  const needed = longestDispatch(timeouts)
  if (Duration.lessThanOrEqualTo(needed, timeouts.run)) return []
  const message = `${encodeSpan(timeouts.run)} cannot hold one dispatch, which may take ${encodeSpan(needed)} (preflight + ack + workspace + 3 × beads)`
  return [{ path: "timeouts.run", message, source: sourceOf(["timeouts", "run"], entries) }]
}
