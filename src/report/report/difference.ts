import { oneLine } from "../../domain/Text.ts"
import type { RefusalFacts } from "../../journal/JournalQueries.ts"
import { isBad, isEnded } from "./endFigures.ts"
import type { NightFacts } from "./nightFigures.ts"
import { reasonOf } from "./reasons.ts"
import type { Difference, Trouble } from "./reportSchema.ts"

const keyOf = ({ kind, subject }: Trouble): string => `${kind} ${subject}`

/** What went wrong in one night: jobs, providers and runs, each subject once. */
const troublesOf = ({ ended, runs }: NightFacts, refusals: ReadonlyArray<RefusalFacts>): ReadonlyArray<Trouble> => {
  const troubles: ReadonlyArray<Trouble> = [
    ...ended
      .filter(isEnded)
      .filter(isBad)
      .map((attempt) => ({ kind: "job" as const, subject: attempt.beads, reason: reasonOf(attempt) })),
    // The commonest reason is the first of them.
    ...refusals
      .toReversed()
      .map(({ detail, provider }) => ({ kind: "provider" as const, subject: provider, reason: oneLine(detail, 200) })),
    ...runs.flatMap(({ error, exit }) =>
      exit === undefined || exit === 0
        ? []
        : [{ kind: "run" as const, subject: `exit ${exit}`, reason: oneLine(error ?? "", 200) }]
    )
  ]
  return [...new Map(troubles.map((trouble) => [keyOf(trouble), trouble])).values()]
}

/** What of the troubles of a night is new since the night before, and what is gone. */
export const differenceOf = (
  { before, last }: { readonly before: NightFacts | undefined; readonly last: NightFacts | undefined },
  refusals: ReadonlyMap<string, ReadonlyArray<RefusalFacts>>
): Difference | undefined => {
  if (last === undefined || before === undefined) return undefined
  const troubles = (night: NightFacts) => troublesOf(night, refusals.get(night.date) ?? [])
  const [now, then] = [troubles(last), troubles(before)]
  const [keysNow, keysThen] = [new Set(now.map(keyOf)), new Set(then.map(keyOf))]
  return {
    night: last.date,
    before: before.date,
    fresh: now.filter((trouble) => !keysThen.has(keyOf(trouble))),
    gone: then.filter((trouble) => !keysNow.has(keyOf(trouble)))
  }
}
