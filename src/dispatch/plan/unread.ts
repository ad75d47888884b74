import { Effect } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import type { Intake } from "../../domain/Issue.ts"

/** So many records are named in the log line. All of them are outcomes of the run. */
const NAMED = 5

/**
 * `EXIT.tracker` if the tracker has records that cannot be read and may be wanted, and logs them; else `EXIT.ok`. They stop no
 * other bug, so this is the run's exit code after its dispatches.
 */
export const unreadExit = Effect.fn("run.unread")(function* ({ malformed }: Intake) {
  const unread = malformed.filter(({ mayBeWanted }) => mayBeWanted)
  if (unread.length === 0) return EXIT.ok
  const named = unread.slice(0, NAMED).map(({ label, problem }) => `${label}: ${problem}`)
  const more = unread.length > NAMED ? [`${unread.length - NAMED} more`] : []
  const problem = `the tracker has records that cannot be read and may be bugs to dispatch: ${[...named, ...more].join("; ")}`
  yield* Effect.logError(`${problem}. Mend them. Until then each run ends with exit ${EXIT.tracker}`)
  return EXIT.tracker
})
