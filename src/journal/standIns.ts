import { Effect } from "effect"
import { JournalFailed } from "../domain/Failure.ts"
import type { Identity } from "../domain/Identity.ts"
import { Journal } from "./Journal.ts"
import { JournalQueries } from "./JournalQueries.ts"
import { Outbox } from "./Outbox.ts"

const none = Effect.succeed<ReadonlyArray<never>>([])
const nothing = Effect.map(none, ([first]) => first)

const readOnlyOf = (file: string) =>
  new JournalFailed({ file, reason: "unusable", detail: "this command only reads it, so nothing is written" })

/** What changes a journal, each as a failure: this one is only read. A reader must name every other method, or it does not compile. */
export const refusedWrites = (file: string) => {
  const readOnly = readOnlyOf(file)
  return {
    lock: () => readOnly,
    watch: () => readOnly,
    begin: () => readOnly,
    end: () => readOnly,
    shadow: () => readOnly,
    intend: () => readOnly,
    advance: () => readOnly,
    reopen: () => readOnly,
    clear: () => readOnly,
    decide: () => readOnly,
    pause: () => readOnly,
    resume: () => readOnly,
    notice: () => readOnly,
    prune: () => readOnly
  } satisfies Partial<Journal["Type"]>
}

/** What changes the hosts of a journal, as failures. */
export const refusedFleet = (file: string) => {
  const readOnly = readOnlyOf(file)
  return { offers: undefined, seen: () => readOnly, evict: () => readOnly, admit: () => readOnly }
}

/** A journal without records that fails to write. */
export const emptyJournal = (file: string, identity: Identity): Journal["Type"] => {
  const writes = refusedWrites(file)
  return Journal.of({
    ...writes,
    version: Effect.succeed(`no journal yet (${file})`),
    identity,
    watcher: Effect.succeedNone,
    report: () => nothing,
    unreported: none,
    paused: nothing,
    retries: none,
    open: none,
    find: () => nothing,
    since: () => none,
    known: () => none,
    of: () => none,
    notices: none,
    prunable: () => none,
    prune: ({ dryRun }) => (dryRun ? Effect.succeed({ runs: 0, attempts: 0, alerts: 0 }) : writes.prune()),
    pruned: nothing
  })
}

/** The queries on a journal without records. */
export const emptyQueries: JournalQueries["Type"] = JournalQueries.of({
  runs: () => none,
  ended: () => none,
  endedJobs: () => none,
  open: none,
  attemptsOf: () => none,
  waiting: () => none,
  steps: () => none,
  outcomesOf: () => none,
  unchanged: none,
  checks: none,
  refusals: () => none,
  fallbacks: () => Effect.succeed(new Map()),
  bugs: none,
  decisions: () => none,
  shadows: () => none
})

/** A journal that cannot be read: each method fails with this. */
export const failingJournal = (failure: JournalFailed, identity: Identity): Journal["Type"] => ({
  ...emptyJournal(failure.file, identity),
  version: failure,
  lock: () => failure,
  watch: () => failure,
  begin: () => failure,
  end: () => failure,
  shadow: () => failure,
  report: () => failure,
  unreported: failure,
  intend: () => failure,
  advance: () => failure,
  reopen: () => failure,
  clear: () => failure,
  decide: () => failure,
  pause: () => failure,
  resume: () => failure,
  paused: failure,
  retries: failure,
  notice: () => failure,
  open: failure,
  find: () => failure,
  since: () => failure,
  known: () => failure,
  of: () => failure,
  notices: failure,
  prunable: () => failure,
  prune: () => failure,
  pruned: failure
})

/** The queries on a journal that cannot be read: each fails with this. */
export const failingQueries = (failure: JournalFailed): JournalQueries["Type"] => ({
  runs: () => failure,
  ended: () => failure,
  endedJobs: () => failure,
  open: failure,
  attemptsOf: () => failure,
  waiting: () => failure,
  steps: () => failure,
  outcomesOf: () => failure,
  unchanged: failure,
  checks: failure,
  refusals: () => failure,
  fallbacks: () => failure,
  bugs: failure,
  decisions: () => failure,
  shadows: () => failure
})

/** An outbox without messages that fails to write. */
export const emptyOutbox = (file: string): Outbox["Type"] => ({
  ...failingOutbox(readOnlyOf(file)),
  open: none,
  waiting: none
})

/** The outbox of a journal that cannot be read: each method fails with this. */
export const failingOutbox = (failure: JournalFailed): Outbox["Type"] =>
  Outbox.of({
    open: failure,
    compare: () => failure,
    take: () => failure,
    sent: () => failure,
    notSent: () => failure,
    waiting: failure
  })
