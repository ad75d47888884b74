import { Effect, Ref, type Scope } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { JournalFailed, PreflightFailed, RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Intake, type Issue } from "../../domain/Issue.ts"
import { WAITS_FOR_A_RUN, type Outcome, type SkipReason } from "../../domain/Outcome.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import type { Journal } from "../../journal/Journal.ts"
import type { Offer, OfferEnd, Offers } from "../../journal/Offers.ts"
import { occupied } from "../plan/allowance.ts"
import { hostBusy } from "../plan/hostBusy.ts"
import { maxParallelNow } from "../plan/warmUp.ts"
import { countPlaces, type ProviderPlaces } from "../providers/assign.ts"
import { openElsewhere } from "../settle/openHere.ts"
import type { Found, Share } from "../turn.ts"

/** The reasons that hold for this host only: another one may take the bug. */
const ONLY_HERE: ReadonlySet<SkipReason> = new Set<SkipReason>([
  ...WAITS_FOR_A_RUN,
  "other_host",
  "prompt_refused",
  "run_stopped",
  "work_exists"
])

/** How an offer ended with this outcome; `undefined`: it is for another host. */
const endWith = (outcome: Outcome | undefined): OfferEnd | undefined => {
  switch (outcome?._tag) {
    case "Dispatched":
      return "dispatched"
    case "Failed":
      // What fails because of this host, or of what works here, may go well on another one.
      return outcome.blame === "issue" || outcome.blame === "tracker" ? "failed" : undefined
    case "Skipped":
      return ONLY_HERE.has(outcome.reason) ? undefined : "gone"
    case "Planned":
    case undefined:
      return undefined
  }
}

const NO_PLACE: ProviderPlaces = { places: 0, noProvider: undefined }

/** How many more bugs this host may take now: by its jobs, by how busy it is, and by its providers. Asks them only if it need. */
const freePlaces = Effect.fn("fleet.places")(function* (offers: Offers, { open, seen }: Found) {
  const { limits } = yield* CurrentSettings
  const jobs = occupied(seen.running, open, yield* openElsewhere).size
  const places = Math.min(limits.maxDispatches, (yield* maxParallelNow) - jobs, yield* offers.waiting)
  if (places <= 0) return NO_PLACE
  const busy = yield* hostBusy(jobs)
  if (busy === undefined) return yield* countPlaces(seen.pool, places)
  yield* Effect.logInfo(`this host takes no bug: ${busy}`)
  return NO_PLACE
})

/** The bugs of these offers as they are now. One that the tracker cannot show is left to the others. */
const issuesOf = Effect.fn("fleet.issues")(function* (taken: ReadonlyArray<Offer>, known: ReadonlyArray<Issue>) {
  const beads = yield* BeadsCli
  const byId = new Map<BeadsId, Issue>(known.map((issue) => [issue.id, issue]))
  const issues = yield* Effect.forEach(
    taken,
    ({ beads: id }) =>
      Effect.catchAll(byId.has(id) ? Effect.succeed(byId.get(id)) : beads.show(id), ({ message }) =>
        Effect.as(
          Effect.logWarning(`cannot read ${id}, which another host offered from its tracker: ${message}`),
          undefined
        )
      ),
    { concurrency: 4 }
  )
  return issues.filter((issue) => issue !== undefined)
})

/**
 * Takes as many offered bugs as this host has free places for. What is not done when the scope closes is given back, so that another
 * host may take it.
 */
export const pull = Effect.fn("fleet.pull")(function* (
  offers: Offers,
  found: Found
): Effect.fn.Return<
  Pick<Share, "intake" | "done" | "noProvider">,
  JournalFailed | PreflightFailed | RunnerFailed,
  BeadsCli | Journal | Scope.Scope
> {
  const { noProvider, places } = yield* freePlaces(offers, found)
  const held = yield* Ref.make<ReadonlyArray<Offer>>([])
  yield* Effect.addFinalizer(() =>
    Effect.flatMap(Ref.get(held), (rest) => Effect.forEach(rest, ({ id }) => Effect.ignoreLogged(offers.giveBack(id))))
  )
  const taken =
    places === 0 ? [] : yield* Effect.uninterruptible(Effect.tap(offers.take(places), (some) => Ref.set(held, some)))
  const issues = yield* issuesOf(taken, found.intake.issues)
  return {
    noProvider,
    intake: new Intake({ issues, malformed: [] }),
    done: Effect.fn("fleet.done")(
      function* (outcomes) {
        for (const offer of taken) {
          const end = endWith(outcomes.find(({ beads }) => beads === offer.beads))
          if (end === undefined) continue
          yield* offers.close(offer.id, end)
          yield* Ref.update(held, (all) => all.filter(({ id }) => id !== offer.id))
        }
      },
      // The next planner ends the offer. Until then no host takes it: the bug has an open attempt.
      Effect.catchAll(({ message }) => Effect.logWarning(`cannot say how an offer ended: ${message}`))
    )
  }
})
