import { Effect } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import type { Intake } from "../../domain/Issue.ts"

/** So many records are named in the log line. All of them are outcomes of the run. */
const NAMED = 5

/**
 * Whether the tracker has records that cannot be read and may be wanted, which is logged. They stop no other bug, so this is a
 * problem of the run, and not its end.
 */
export const hasUnread = Effect.fn("run.unread")(function* ({ malformed }: Intake) {
  const unread = malformed.filter(({ mayBeWanted }) => mayBeWanted)
  if (unread.length === 0) return false
  const named = unread.slice(0, NAMED).map(({ label, problem }) => `${label}: ${problem}`)
  const more = unread.length > NAMED ? [`${unread.length - NAMED} more`] : []
  const problem = `the tracker has records that cannot be read and may be bugs to dispatch: ${[...named, ...more].join("; ")}`
  yield* Effect.logError(`${problem}. Mend them. Until then each run ends with exit ${EXIT.tracker}`)
  return true
})
