import { Effect } from "effect"
import { HostGate } from "../../host/HostGate.ts"
import { limitedCall, noAnswer } from "../limits/limits.ts"

const unanswered = limitedCall("file")((time) =>
  Effect.as(
    Effect.logWarning(`cannot tell whether this host is busy, so it holds nothing back: ${noAnswer(time)}`),
    undefined
  )
)

/** Why the host is too busy for one more job; `undefined` if it is not. `jobs`: how many of ours it has. */
export const hostBusy = (jobs: number): Effect.Effect<string | undefined> =>
  Effect.flatMap(HostGate, (gate) => unanswered(gate.busy(jobs)))
