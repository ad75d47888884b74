import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { Retry } from "../../domain/Retry.ts"
import type { AttemptFacts, OutcomeFacts, StepFacts } from "../../journal/JournalQueries.ts"
import type { KeptFacts } from "../../workspace/KeptWork.ts"
import type { Elsewhere } from "../../journal/elsewhere.ts"
import type { ExplainView } from "./view.ts"

/** Everything that is known of one bug. What could not be read is empty, and named in `unknown`. */
export interface ExplainInput {
  readonly id: BeadsId
  /** `undefined`: the tracker does not have it, or could not be asked. */
  readonly issue: Issue | undefined
  readonly now: ExplainView["now"]
  /** Oldest first. */
  readonly attempts: ReadonlyArray<AttemptFacts>
  /** The other hosts of the fleet, if there are any. */
  readonly elsewhere: Elsewhere
  /** Of the attempts whose every step is shown. */
  readonly steps: ReadonlyMap<Actor, ReadonlyArray<StepFacts>>
  /** Newest first. */
  readonly outcomes: ReadonlyArray<OutcomeFacts>
  readonly log: ExplainView["log"]
  readonly work: { readonly attempt: AttemptFacts; readonly facts: KeptFacts | undefined } | undefined
  readonly retry: Retry | undefined
  /** The pause that is in force, in words. */
  readonly paused: string | undefined
  /** The command that ends it, `resume` by default. */
  readonly resume?: string | undefined
  /** Why and for how long it has not moved, in words; `undefined` if that is not worth a word. */
  readonly unchanged: string | undefined
  readonly unknown: ReadonlyArray<string>
}
