import { Duration, Effect, Either } from "effect"
import { evictionInWords, type Eviction } from "../../domain/Eviction.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import { withinLimit } from "../../domain/interruption.ts"
import type { Settings } from "../../domain/Settings.ts"
import type { AddressFacts } from "../../journal/postgres/check.ts"
import { Fleet } from "../../journal/Fleet.ts"
import { Journal } from "../../journal/Journal.ts"
import { inTime, PATIENCE } from "../../report/lookup/inTime.ts"
import type { Known } from "./cronRun.ts"
import { ok, problem, warning, type Finding } from "./Finding.ts"

/** What is known of the database that the setting `journal` names. Left: why a run cannot use it. */
export type JournalFacts = Either.Either<AddressFacts, Pick<JournalFailed, "file" | "detail" | "next">>

const NO_ANSWER: JournalFacts = Either.left({
  file: "the database of the setting journal",
  detail: `it does not answer within ${Duration.format(PATIENCE)}`,
  next: "See whether it runs, and whether this host reaches it"
})

/** Logs in to the database of the setting `journal`; `undefined` if it names none. */
export const gatherJournal = Effect.fn("doctor.journal")(function* ({ journal: address }: Settings) {
  if (address === undefined) return undefined
  const { identity } = yield* Journal
  const { checkAddress } = yield* Effect.promise(() => import("../../journal/postgres/check.ts"))
  return yield* withinLimit(Effect.either(checkAddress(address, identity)), PATIENCE, () => Effect.succeed(NO_ANSWER))
})

/** Whether this host was evicted; `undefined` also if that cannot be read, which the runs of the journal tell too. */
export const gatherEviction: Effect.Effect<Eviction | undefined> = Effect.gen(function* () {
  const { evicted } = yield* Fleet
  return Either.getOrUndefined(yield* inTime(evicted))
}).pipe(Effect.withSpan("doctor.eviction"))

const AREA = "journal"

/** `eviction`: this host's. */
export const evictionFindings = (eviction: Eviction | undefined): ReadonlyArray<Finding> =>
  eviction === undefined
    ? []
    : [problem(AREA, evictionInWords(eviction).what, `nightly-dispatch hosts admit ${eviction.host}`)]

const tables = ({ known, progress: { isCurrent, isEmpty, last } }: AddressFacts): string => {
  if (isEmpty) return "the next run makes its tables"
  return isCurrent ? `schema ${last}` : `the next run brings its tables from schema ${last} to ${known}`
}

const sight = ({ isEncrypted, isOnThisHost }: AddressFacts): string => {
  if (isEncrypted) return "encrypted"
  return isOnThisHost ? "on this host" : "not encrypted"
}

/** `runs`: what the journal tells of the last runs, which must be readable too. */
export const journalFindings = (facts: JournalFacts, runs: Known<unknown>): ReadonlyArray<Finding> => {
  if (Either.isLeft(facts)) {
    const { detail, file, next = "journal in the settings" } = facts.left
    return [problem(AREA, `${file}: ${detail}`, next)]
  }
  if (Either.isLeft(runs)) return [problem(AREA, runs.left, "nightly-dispatch status")]
  const { isEncrypted, isOnThisHost, place } = facts.right
  const found = ok(AREA, `Postgres (${place}), ${sight(facts.right)}, may write, ${tables(facts.right)}`)
  if (isEncrypted || isOnThisHost) return [found]
  return [
    found,
    warning(
      AREA,
      `the connection to ${place} is not encrypted: others on its network can read what is written there`,
      "sslmode=verify-full in the address, in the setting journal"
    )
  ]
}
