import type { DateTime } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import type { ReviewDecision } from "../../domain/ReviewDecision.ts"
import type { Schedule } from "../../domain/schedule.ts"
import type { AttemptFacts, RefusalFacts, RunFacts } from "../../journal/JournalQueries.ts"
import type { FleetFacts } from "../fleet/FleetFacts.ts"
import type { BranchFacts } from "../../workspace/KeptWork.ts"

/** What `reportView` makes its view of. */
export interface ReportInput {
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Now. Milliseconds since the epoch. */
  readonly until: number
  readonly zone: DateTime.TimeZone
  readonly host: string
  readonly repository: string | undefined
  /** When the last run of the whole journal began. */
  readonly lastRun: number | undefined
  /** `why`: where the schedule is from, or why there is none. */
  readonly schedule: { readonly schedule: Schedule | undefined; readonly why: string }
  /** Absent: no other host uses the journal. */
  readonly fleet?: Omit<FleetFacts, "tenures"> | undefined
  /** The newest first. */
  readonly runs: ReadonlyArray<RunFacts>
  /** The runs of the week before the window: without any, the window begins with its first run. */
  readonly runsBefore: ReadonlyArray<RunFacts>
  /** The first that was settled first. */
  readonly ended: ReadonlyArray<AttemptFacts>
  readonly open: ReadonlyArray<AttemptFacts>
  readonly refusals: ReadonlyArray<RefusalFacts>
  /** Of the last night with a run, and of the one with a run before. */
  readonly refusalsByNight: ReadonlyMap<string, ReadonlyArray<RefusalFacts>>
  readonly fallbacks: ReadonlyMap<ProviderName, number>
  readonly decisions: ReadonlyArray<ReviewDecision>
  /** What git says of the branches with work, by `branchKey`. */
  readonly branches: ReadonlyMap<string, BranchFacts>
  /** As far as the tracker said. */
  readonly titles: ReadonlyMap<BeadsId, string>
  /** What could not be read, in words. */
  readonly notes: ReadonlyArray<string>
}

/** A branch of one clone. */
export const branchKey = (clone: string, branch: string): string => `${clone}\u0000${branch}`
