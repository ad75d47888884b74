import type { Attempt } from "../../domain/Attempt.ts"
import { earlierJobs } from "../../domain/History.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Redactor } from "../../domain/Redaction.ts"
import type { Retry } from "../../domain/Retry.ts"
import { remarkOf, type Remark } from "../../prompt/remark.ts"

/** What the next prompt of a bug tells of the time before, from the journal. Redacted: a tool may have printed a secret. */
export interface Told {
  /** How each earlier job ended, oldest first. */
  readonly earlier: ReadonlyArray<string>
  /** Of the bug's last retry: every attempt gets it, until a retry without a remark or until a person accepts the work. */
  readonly remark: Remark | undefined
}

/** Of a bug that the journal does not know. */
export const NOTHING_TOLD: Told = { earlier: [], remark: undefined }

/**
 * The rule for the prompt that the plan lets the runner check, and for the one that the agent gets. `attempts`: those of the bug,
 * oldest first.
 *
 * @example
 * told(issue.id, yield* journal.of(issue.id), yield* journal.retries, redact)
 */
export const told = (
  id: BeadsId,
  attempts: ReadonlyArray<Attempt>,
  retries: ReadonlyArray<Retry>,
  redact: Redactor
): Told => {
  const remark = remarkOf(retries.find(({ beads }) => beads === id))
  return {
    earlier: earlierJobs(attempts).map(redact),
    remark: remark && { ...remark, text: redact(remark.text) }
  }
}
