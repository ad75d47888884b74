import { Either } from "effect"
import type { NightBudget } from "../../domain/Budget.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Intake } from "../../domain/Issue.ts"
import type { Job } from "../../domain/Job.ts"
import type { Skipped } from "../../domain/Outcome.ts"
import type { Pause } from "../../domain/Pause.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import type { ProviderResults } from "../../domain/ProviderResult.ts"
import type { Retry } from "../../domain/Retry.ts"
import type { Notice } from "../../journal/Journal.ts"
import type { AttemptFacts, CheckFacts, EndedJob, RunFacts, UnchangedFacts } from "../../journal/JournalQueries.ts"
import type { Waiting } from "../../journal/Outbox.ts"
import type { FleetFacts } from "../fleet/FleetFacts.ts"
import type { FoundSchedule } from "../schedule/findSchedule.ts"

/** How far back the providers are judged: two nights. Milliseconds. */
export const PROVIDER_WINDOW = 48 * 3_600_000
/** Of each host the last so many runs are read, as a rule. They tell of the last 24 hours unless runs come more often than every half hour. */
export const RUNS_READ = 50

/** What the journal tells. */
export interface JournalFacts {
  /** The last runs, the newest first. */
  readonly runs: ReadonlyArray<RunFacts>
  readonly open: ReadonlyArray<AttemptFacts>
  /** The jobs that ended in `RESULTS_WINDOW`, the first that was settled first. */
  readonly ended: ReadonlyArray<EndedJob>
  /** The ends of the providers' jobs that probation is judged by. */
  readonly results: ProviderResults
  readonly checks: ReadonlyArray<CheckFacts>
  readonly notices: ReadonlyArray<Notice>
  /** The last `retry` of each bug. */
  readonly retries: ReadonlyArray<Retry>
  /** The bugs that the last runs left alone for the same reason. */
  readonly unchanged: ReadonlyArray<UnchangedFacts>
  /** The pause that is in force. */
  readonly paused: Pause | undefined
  /** The messages that wait for a channel. */
  readonly undelivered: ReadonlyArray<Waiting>
  /** Absent: no other host uses the journal. */
  readonly fleet?: FleetFacts | undefined
}

/** What the tracker tells now. */
export interface TrackerFacts {
  readonly intake: Intake
  /** What a run would leave alone now, and why. Left: the plan could not be made. */
  readonly skipped: Either.Either<ReadonlyArray<Skipped>, string>
  /** The claims that no run will release, in words. */
  readonly unowned: ReadonlyArray<{ readonly beads: BeadsId; readonly text: string }>
}

/** Everything that the views of the present are made of. Left, each: why it cannot be read. */
export interface NightFacts {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly schedule: FoundSchedule
  readonly journal: Either.Either<JournalFacts, string>
  readonly tracker: Either.Either<TrackerFacts, string>
  /**
   * The work that waits for a person, the oldest first: as the tracker's label and the plan tell; if the tracker cannot be read,
   * as the journal does, which does not know what a person has closed since.
   */
  readonly waiting: ReadonlyArray<AttemptFacts>
  /** What is left of this night's budget; absent if none is set, or if the journal cannot be read. */
  readonly budget?: NightBudget | undefined
  /** The bugs that the last run left alone, if the present cannot be told. */
  readonly lastSkipped: ReadonlyArray<Skipped>
  /** The jobs that may be working. */
  readonly running: Either.Either<ReadonlyArray<Job>, string>
  /** By path of a log: when it was last written, in milliseconds since the epoch. */
  readonly written: ReadonlyMap<string, number>
  /** The settings that count here. Milliseconds. */
  readonly maxRuntime: number
  readonly runTimeout: number
  readonly providers: ReadonlyArray<ProviderName>
  readonly providerHealth: boolean
}

/** The hosts that share the journal; `undefined` if no other host does, or if the journal cannot be read. */
export const fleetOf = ({ journal }: Pick<NightFacts, "journal">): FleetFacts | undefined =>
  Either.match(journal, { onLeft: () => undefined, onRight: ({ fleet }) => fleet })

/** The attempts that are not over; none if the journal cannot be read. */
export const openOf = ({ journal }: Pick<NightFacts, "journal">): ReadonlyArray<AttemptFacts> =>
  Either.match(journal, { onLeft: () => [], onRight: ({ open }) => open })

/** The pause that is in force; `undefined` if nothing is paused, or if the journal cannot be read. */
export const pausedOf = ({ journal }: Pick<NightFacts, "journal">): Pause | undefined =>
  Either.match(journal, { onLeft: () => undefined, onRight: ({ paused }) => paused })
