import { Either } from "effect"
import { resultInWords } from "../../domain/JobResult.ts"
import { pushInWords } from "../../domain/PushedWork.ts"
import type { SkipReason } from "../../domain/Outcome.ts"
import type { AttemptFacts } from "../../journal/JournalQueries.ts"
import { isStuck, unchangedInWords } from "../../domain/Unchanged.ts"
import { inWords } from "../../domain/times.ts"
import { forBugs, onHost, skippedOf } from "./forBugs.ts"
import type { Need, NeedKind } from "./Need.ts"
import { fleetOf, type NightFacts } from "./NightFacts.ts"

const CHECKED = { yes: ["our check passed"], no: ["our check failed"], none: [] } as const

const workOf = ({ commits, durationMs, provider, pushed, result, verified = "none" }: AttemptFacts): string =>
  [
    ...(result === undefined ? [] : [resultInWords(result)]),
    ...(provider === undefined ? [] : [provider]),
    ...(commits === undefined ? [] : [commits === 1 ? "1 commit" : `${commits} commits`]),
    ...(durationMs === undefined ? [] : [inWords(durationMs)]),
    ...CHECKED[verified],
    ...(pushed === undefined ? [] : [pushInWords(pushed)])
  ].join(", ")

const UNMARKED = "ready for review, but not marked in the tracker"

/** The work that waits for a person: as the journal knows it, and what only its label tells of. */
const reviews = (facts: NightFacts, program: string): ReadonlyArray<Need> => {
  const need = forBugs(facts)
  const { waiting } = facts
  const inJournal = new Set<string>(waiting.map(({ beads }) => beads))
  const commands = (beads: string) => [`${program} review ${beads}`]
  return [
    ...waiting.map((attempt) => {
      const { beads, changed, review } = attempt
      const [kind, state] =
        review === "journal" ? (["unmarked", UNMARKED] as const) : (["review", "ready for review"] as const)
      const host = fleetOf(facts)?.elsewhere(attempt.actor)
      const where = host === undefined ? state : `${state}, on ${host}`
      const what = [where, workOf(attempt)].filter((part) => part !== "").join(": ")
      return onHost(need(kind, beads, what, commands(beads), changed), host)
    }),
    ...skippedOf(facts)
      .filter(({ beads, reason }) => reason === "awaiting_review" && !inJournal.has(beads))
      .map(({ beads, detail }) => need("review", beads, detail, commands(beads)))
  ]
}

const GIVEN_UP: Partial<Record<SkipReason, NeedKind>> = {
  attempts_used_up: "gave_up",
  bug_budget: "gave_up",
  undecided: "undecided"
}

/** The bugs that are left alone because their attempts failed. */
const gaveUp = (facts: NightFacts, program: string): ReadonlyArray<Need> => {
  const ended = Either.match(facts.journal, { onLeft: () => [], onRight: (journal) => journal.ended })
  return skippedOf(facts).flatMap(({ beads, detail, reason }) => {
    const kind = GIVEN_UP[reason]
    if (kind === undefined) return []
    const last = ended.findLast((attempt) => attempt.beads === beads)
    const why = last?.detail === undefined ? "" : `; the last: ${last.detail}`
    // What follows the first part says how it is tried again: so do the commands.
    const what = `left alone: ${detail.split(";")[0] ?? detail}${why}`
    const commands = [`${program} explain ${beads}`, `${program} retry ${beads}`]
    return [forBugs(facts)(kind, beads, what, commands, last?.changed)]
  })
}

/** The bugs that do not move although nobody wants them left alone: see `isStuck`. */
const unchanged = (facts: NightFacts, program: string): ReadonlyArray<Need> => {
  const found = Either.match(facts.journal, { onLeft: () => [], onRight: (journal) => journal.unchanged })
  const stillSkipped = new Set(skippedOf(facts).map(({ beads }) => beads))
  return found
    .filter((each) => stillSkipped.has(each.beads) && isStuck(each, facts.now))
    .map((each) => {
      const commands = [`${program} explain ${each.beads}`]
      return forBugs(facts)("unchanged", each.beads, unchangedInWords(each, facts.now), commands, each.since)
    })
}

/** The needs that are about the work for a bug, or about its failed attempts. */
export const workNeeds = (facts: NightFacts, program: string): ReadonlyArray<Need> => [
  ...reviews(facts, program),
  ...gaveUp(facts, program),
  ...unchanged(facts, program)
]
