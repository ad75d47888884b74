import { Clock, Duration, Effect, Either } from "effect"
import { seenBugs } from "../../dispatch/shadow/seenBugs.ts"
import { JournalFailed } from "../../domain/Failure.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import type { SeenBug } from "../../domain/ShadowRun.ts"
import { oneLine } from "../../domain/Text.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"
import { inTime } from "../lookup/inTime.ts"
import { compare, figuresOf } from "./compare.ts"
import { ShadowView } from "./shadowSchema.ts"

const JOURNAL_LIMIT = Duration.seconds(30)
/** The tracker may be asked for a hundred bugs, each by itself. */
const TRACKER_LIMIT = Duration.seconds(30)

/** What the tracker shows now; if it does not answer in time, nothing of it is read. */
const lookNow = (known: ReadonlyArray<SeenBug>) =>
  Effect.map(
    inTime(seenBugs(known), TRACKER_LIMIT),
    Either.getOrElse((why) => ({ seen: [], notes: [why] }))
  )

/**
 * Compares the shadow runs since a time with what the tracker shows. Fails only if the journal cannot be read; what the tracker did
 * not say is unknown, and `notes` says so.
 *
 * @example
 * const view = yield* gatherShadow({ since, host, repository })
 */
export const gatherShadow = Effect.fn("shadow.gather")(function* (
  options: Pick<ShadowView, "since" | "host" | "repository">
) {
  const [queries, { limits }] = yield* Effect.all([JournalQueries, CurrentSettings])
  const runs = yield* Effect.timeoutFail(queries.shadows({ since: options.since }), {
    duration: JOURNAL_LIMIT,
    onTimeout: () =>
      new JournalFailed({
        file: "(shadows)",
        reason: "unusable",
        detail: `no answer within ${Duration.format(JOURNAL_LIMIT)}`
      })
  })
  const last = runs.at(-1)
  const { notes, seen } = last === undefined ? { seen: [], notes: [] } : yield* lookNow(last.seen)
  const until = yield* Clock.currentTimeMillis
  const leftAfter = Duration.toMillis(limits.maxRuntime)
  const bugs = compare({ runs, now: { at: until, seen }, leftAfter })
  const failures = runs.flatMap(({ report }) => report.error ?? [])
  const why = failures.at(-1)
  const paused = runs.filter(({ report }) => report.paused !== undefined).length
  return new ShadowView({
    ...options,
    until,
    runs: { count: runs.length, failed: failures.length, first: runs[0]?.at, last: last?.at },
    leftAfterMs: leftAfter,
    figures: figuresOf(bugs),
    bugs,
    notes: [
      ...(why === undefined ? [] : [`the last shadow run that could not decide: ${oneLine(why)}`]),
      ...(paused === 0 ? [] : [`shadow runs that decided nothing, because dispatching was paused: ${paused}`]),
      ...notes.map((note) => `not all is known that happened since the last shadow run: ${note}`)
    ]
  })
})
