import { Duration, Effect, Either } from "effect"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { inTime } from "../lookup/inTime.ts"
import { gatherFacts } from "../needs/gatherFacts.ts"
import { fleetOf, type NightFacts } from "../needs/NightFacts.ts"
import type { AlertFacts } from "./AlertFacts.ts"

/** What the last run that ended came to, of those on this host. Nothing if the journal cannot tell. */
const lastOutcomes = Effect.fn("alerts.outcomes")(function* (night: NightFacts) {
  const [facts, fleet] = [night.journal, fleetOf(night)]
  const journal = yield* Journal
  const runs = Either.match(facts, { onLeft: () => [], onRight: ({ runs }) => runs })
  const last = runs.find(({ ended, host }) => ended !== undefined && (fleet === undefined || host === fleet.here?.name))
  if (last === undefined) return []
  const report = yield* inTime(journal.report(last.run))
  return Either.match(report, { onLeft: () => [], onRight: (found) => found?.outcomes ?? [] })
})

/** Asks what alerts are made from: what `status` asks, and what the last run came to. Fails only as `place` does. */
export const gatherAlertFacts = Effect.fn("alerts.gather")(function* <E, R>(
  place: Effect.Effect<RunOptions, E, R>,
  program: string
) {
  const { alerts } = yield* CurrentSettings
  const night = yield* gatherFacts(place)
  return {
    night,
    now: night.now,
    lastOutcomes: yield* lastOutcomes(night),
    program,
    settings: { reviewAfter: Duration.toMillis(alerts.reviewAfter) }
  } satisfies AlertFacts
})
