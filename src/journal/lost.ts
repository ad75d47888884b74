import { Clock, Effect } from "effect"
import { Notice, type Journal } from "./Journal.ts"
import { IDENTITY } from "./stateFiles.ts"

/**
 * What follows from a journal that is gone or empty, although its state directory has had one. A run goes on: the claims carry
 * this dispatcher's mark, and the runner knows its jobs, so no bug gets a second agent.
 */
export const lostText = (file: string): string =>
  `journal ${file}: it is gone or empty, but ${IDENTITY} beside it says that there was one. Claims and jobs of earlier runs are ` +
  "found in the tracker and the runner; how often each bug failed, and which work waits for review without its label, is lost. " +
  "Find out what removed it. If you have a copy, end the runs, put it back, and run again"

/** Says in the log and by an alert, once for each loss, that the journal was lost. */
export const reportLost = Effect.fn("journal.lost")(function* (text: string, write: Journal["Type"]["notice"]) {
  yield* Effect.logWarning(text)
  yield* write(Notice.make({ key: `journal lost ${yield* Clock.currentTimeMillis}`, kind: "journal_lost", text }))
})
