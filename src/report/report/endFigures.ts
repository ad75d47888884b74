import type { AttemptEnd } from "../../domain/Attempt.ts"
import type { AttemptFacts } from "../../journal/JournalQueries.ts"

/** An attempt whose end is known. */
export type EndedFacts = AttemptFacts & { readonly end: AttemptEnd }

export const isEnded = (attempt: AttemptFacts): attempt is EndedFacts => attempt.end !== undefined

export const isGood = ({ end }: Pick<EndedFacts, "end">): boolean => end === "succeeded"

/** A person stopped such a job or was needed, or another dispatcher took its claim: that says nothing of bug or provider. */
const saysNothing = ({ end }: EndedFacts): boolean => end === "stopped" || end === "claim_lost" || end === "needs_human"

export const isBad = (attempt: EndedFacts): boolean => !isGood(attempt) && !saysNothing(attempt)

/** `part` of `whole`, between 0 and 1; `undefined` of nothing. */
export const shareOf = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole)

/** The share of the jobs that succeeded, of those that say something; `undefined` if none does. */
export const successOf = (ended: ReadonlyArray<EndedFacts>): number | undefined => {
  const good = ended.filter(isGood).length
  return shareOf(good, good + ended.filter(isBad).length)
}

/** How often each key was there; the most frequent first, in the order of their first. */
export const counted = <K>(keys: Iterable<K>): ReadonlyArray<readonly [K, number]> => {
  const counts = new Map<K, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return [...counts].toSorted(([, a], [, b]) => b - a)
}

/** The values with one key, by this key. */
export const groupedBy = <A, K>(values: ReadonlyArray<A>, key: (value: A) => K): ReadonlyMap<K, ReadonlyArray<A>> => {
  const groups = new Map<K, Array<A>>()
  for (const value of values) {
    const group = groups.get(key(value))
    if (group === undefined) groups.set(key(value), [value])
    else group.push(value)
  }
  return groups
}

/** The value in the middle; `undefined` of none. */
export const medianOf = (values: ReadonlyArray<number>): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}
