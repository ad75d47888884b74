import { Clock, Duration, Effect, type DateTime } from "effect"
import { JournalFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { HERE, type Elsewhere } from "../../journal/elsewhere.ts"
import { JournalQueries, type AttemptFacts, type RefusalFacts } from "../../journal/JournalQueries.ts"
import { KeptWork, type BranchFacts } from "../../workspace/KeptWork.ts"
import { readHosts } from "../fleet/FleetFacts.ts"
import { groupedBy } from "./endFigures.ts"
import { keepsFailing } from "./keepsFailing.ts"
import { lastNights, nightFacts } from "./nightFigures.ts"
import { branchKey, type ReportInput } from "./reportInput.ts"
import { reviewed } from "./reviewFigures.ts"
import { readTitles } from "./titles.ts"

/** Each query of the journal takes well under a second. */
const JOURNAL_LIMIT = Duration.seconds(30)
const GIT_LIMIT = Duration.seconds(20)
const WEEK = Duration.toMillis(Duration.weeks(1))

/** The queries of a window, each with a time limit. */
const queries = Effect.map(JournalQueries, (journal) => {
  const limited = <A, R = never>(name: string, query: Effect.Effect<A, JournalFailed, R>) =>
    Effect.timeoutFail(query, {
      duration: JOURNAL_LIMIT,
      onTimeout: () =>
        new JournalFailed({
          file: `(${name})`,
          reason: "unusable",
          detail: `no answer within ${Duration.format(JOURNAL_LIMIT)}`
        })
    })
  return { journal, limited }
})

/** What git says of the branches, clone by clone; and what it did not say, in words. */
const readBranches = Effect.fn("report.branches")(function* (attempts: ReadonlyArray<AttemptFacts>) {
  const work = yield* KeptWork
  const clones = groupedBy(
    attempts.filter(({ branch }) => branch !== undefined),
    ({ repository }) => repository
  )
  const found = new Map<string, BranchFacts>()
  const notes: Array<string> = []
  for (const [clone, left] of clones) {
    const facts = yield* Effect.timeoutOption(
      work.many(
        clone,
        left.flatMap(({ branch }) => branch ?? [])
      ),
      GIT_LIMIT
    )
    if (facts._tag === "None") {
      notes.push(`git did not answer within ${Duration.format(GIT_LIMIT)}, so its branches are unknown: ${clone}`)
      continue
    }
    for (const [branch, fact] of facts.value) found.set(branchKey(clone, branch), fact)
  }
  return { branches: found, notes }
})

/** The work on this host, and a note of the work on others: their git is not asked. */
const apart = (attempts: ReadonlyArray<AttemptFacts>, elsewhere: Elsewhere) => {
  const here = attempts.filter(({ actor }) => elsewhere(actor) === undefined)
  const left = attempts.length - here.length
  const [what, are] = left === 1 ? ["1 branch", "is"] : [`${left} branches`, "are"]
  const note = `${what} ${are} on other hosts: whether a merge has ${left === 1 ? "it" : "them"} is not known here`
  return { here, away: left === 0 ? [] : [note] }
}

type Refusals = ReadonlyMap<string, ReadonlyArray<RefusalFacts>>

/** Everything that the report's view is made of. */
export interface GatherOptions extends Pick<ReportInput, "since" | "zone" | "host" | "repository" | "schedule"> {
  readonly since: number
  readonly zone: DateTime.TimeZone
}

/** The bugs whose titles the report shows. */
const shownBugs = (
  ended: ReadonlyArray<AttemptFacts>,
  open: ReadonlyArray<AttemptFacts>,
  night: ReadonlyArray<AttemptFacts>
): ReadonlyArray<BeadsId> => [
  ...new Set([
    ...keepsFailing({ ended, titles: new Map() }).map(({ beads }) => beads),
    ...[...night, ...open].map(({ beads }) => beads)
  ])
]

/**
 * Reads what the report's view is made of, from the journal, git and the tracker. Fails only if the journal cannot be read; what git
 * or the tracker did not say is unknown, and `notes` says so.
 *
 * @example
 * const view = reportView(yield* gatherReport({ since, zone, host, repository, schedule }))
 */
export const gatherReport = Effect.fn("report.gather")(function* (options: GatherOptions) {
  const { journal, limited } = yield* queries
  const until = yield* Clock.currentTimeMillis
  const window = { since: options.since }
  const runs = yield* limited("runs", journal.runs(window))
  const runsBefore = yield* limited("runs", journal.runs({ since: options.since - WEEK, until: options.since }))
  const [newest] = yield* limited("runs", journal.runs({ last: 1 }))
  const ended = yield* limited("ended", journal.ended(window))
  const open = yield* limited("open", journal.open)
  const { before, last } = lastNights(nightFacts({ ...options, until, runs, ended }))
  const refusalsByNight: Refusals = new Map(
    yield* Effect.forEach(
      [last, before].flatMap((night) => night ?? []),
      ({ date, from, until }) =>
        Effect.map(
          limited("refusals", journal.refusals({ since: from, until })),
          (refusals): readonly [string, ReadonlyArray<RefusalFacts>] => [date, refusals]
        )
    )
  )
  const fleet = yield* limited("hosts", readHosts)
  const { away, here } = apart(reviewed(ended), fleet?.elsewhere ?? HERE)
  const { branches, notes } = yield* readBranches(here)
  const titles = yield* readTitles(shownBugs(ended, open, last?.ended ?? []))
  return {
    ...options,
    ...(fleet && { fleet }),
    until,
    lastRun: newest?.began,
    runs,
    runsBefore,
    ended,
    open,
    refusals: yield* limited("refusals", journal.refusals(window)),
    refusalsByNight,
    fallbacks: yield* limited("fallbacks", journal.fallbacks(window)),
    decisions: yield* limited("decisions", journal.decisions(window)),
    branches,
    titles: titles.found,
    notes: [...notes, ...away, ...titles.notes]
  } satisfies ReportInput
})
