import { Either } from "effect"
import { parseActor } from "../../domain/Actor.ts"
import type { AttemptFacts } from "../../journal/JournalQueries.ts"
import { forBugs, skippedOf } from "./forBugs.ts"
import { jobsOf } from "./jobs.ts"
import type { Need } from "./Need.ts"
import type { NightFacts, TrackerFacts } from "./NightFacts.ts"

/** The records of the tracker that cannot be read and may be bugs to dispatch. */
const malformed = (facts: NightFacts, { intake }: TrackerFacts, program: string): ReadonlyArray<Need> =>
  intake.malformed
    .filter(({ mayBeWanted }) => mayBeWanted)
    .map(({ label, problem }) =>
      forBugs(facts)("malformed", label, `its record cannot be read: ${problem}`, [`${program} run --dry-run`])
    )

/** The claims that no run will release: of nobody, or kept by an open bug that bd lets no other actor claim. */
const claims = (
  facts: NightFacts,
  tracker: TrackerFacts,
  open: ReadonlyArray<AttemptFacts>,
  program: string
): ReadonlyArray<Need> => {
  const need = forBugs(facts)
  const skipped = new Map(skippedOf(facts).map((each) => [each.beads, each]))
  return [
    ...tracker.unowned.map(({ beads, text }) => need("claim", beads, text, [`${program} release ${beads}`])),
    ...tracker.intake.issues
      .filter(({ assignee = "", status }) => status === "open" && parseActor(assignee) !== undefined)
      .filter(({ assignee }) => !open.some(({ actor }) => actor === assignee))
      .flatMap(({ id }) => skipped.get(id) ?? [])
      .filter(({ reason }) => reason === "assigned")
      .map(({ beads, detail }) => need("claim", beads, detail, [`bd update ${beads} -a ""`]))
  ]
}

/** The jobs that could not be ended, that hang, or of which nobody can tell whether they run. */
const jobs = (facts: NightFacts, open: ReadonlyArray<AttemptFacts>, program: string): ReadonlyArray<Need> => {
  const need = forBugs(facts)
  const notices = Either.match(facts.journal, { onLeft: () => [], onRight: (journal) => journal.notices })
  return [
    ...notices
      .filter(({ key }) => open.some(({ actor }) => key === `stuck ${actor}`))
      .map(({ beads = "", text }) => need("claim", beads, text, [`${program} explain ${beads}`])),
    ...jobsOf(facts).flatMap(({ beads, since, state }) =>
      state === "stalled"
        ? [need("job_stalled", beads, "its job hangs", [`${program} logs ${beads}`, `${program} settle`], since)]
        : state === "unknown"
          ? [need("job_unknown", beads, "nobody can tell whether its job runs", [`${program} explain ${beads}`], since)]
          : []
    )
  ]
}

/** The needs that are about a record of the tracker, a claim or a job. */
export const claimNeeds = (facts: NightFacts, program: string): ReadonlyArray<Need> => {
  const open = Either.match(facts.journal, { onLeft: () => [], onRight: (journal) => journal.open })
  const { tracker } = facts
  return [
    ...(Either.isLeft(tracker)
      ? []
      : [...malformed(facts, tracker.right, program), ...claims(facts, tracker.right, open, program)]),
    ...jobs(facts, open, program)
  ]
}
