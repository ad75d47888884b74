import { DateTime, Effect } from "effect"
import { endingOf, type Attempt, type Ending } from "../../domain/Attempt.ts"
import { moment } from "../../domain/BootClock.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Tenure } from "../../journal/Fleet.ts"
import { finished, type Claims, type Settlement, type SettleServices } from "./settlement.ts"

const until = (left: number | undefined) =>
  left === undefined
    ? Effect.succeed("")
    : Effect.map(moment, ({ at }) => `, at least until ${DateTime.formatIso(DateTime.unsafeMake(at + left))}`)

/**
 * Leaves an attempt of another host alone that shares the journal. Once that host's time for it is over, or it was evicted, settles
 * the attempt and releases its claim if that is still this attempt's. Job, worktree and prompt are on that host.
 */
export const settleTheirs = Effect.fn("settle.theirs")(function* (
  attempt: Attempt,
  tenure: Exclude<Tenure, { readonly _tag: "Ours" }>,
  claims: Claims
): Effect.fn.Return<Settlement, JournalFailed, SettleServices> {
  const { host } = tenure
  const theirs = (why: string): Settlement => ({ _tag: "Open", attempt, why, theirs: host })
  if (tenure._tag === "Theirs") return theirs(`${host} has it${yield* until(tenure.left)}`)
  const detail = `${tenure.why}; its job and its worktree are on ${host}, and were left alone`
  const lost: Ending = { end: "lost", blame: "host", detail }
  const found = attempt.phase === "verifying" ? attempt.found : endingOf(attempt)
  return yield* finished(attempt, found ?? lost, claims).pipe(
    Effect.map((settled): Settlement =>
      settled._tag === "Ended" ? { ...settled, promptIsOver: false, mayRun: true } : settled
    ),
    // Its host took a step meanwhile, so it lives.
    Effect.catchIf(
      ({ reason }) => reason === "fenced",
      () => Effect.succeed(theirs(`${host} works on it after all`))
    )
  )
})
