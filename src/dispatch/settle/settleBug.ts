import { Duration, Effect, Option } from "effect"
import { bootMillis } from "../../domain/BootClock.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { ofRun } from "../../domain/ofRun.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { forOneJob, JOB_TIME } from "../../journal/exclusively.ts"
import { Journal } from "../../journal/Journal.ts"
import { withLimits } from "../limits/limitedServices.ts"
import { logEnds } from "./reportEnds.ts"
import { readClaims } from "./settleEarlier.ts"
import { stillOpen, type Claims } from "./settlement.ts"
import { settleOne } from "./settleOne.ts"

/**
 * Settles the open attempt at one bug, as far as the runner and the tracker can tell. `None` if the journal has none. Where a run
 * is active, which settles it, the attempt stays `Open`.
 *
 * @example
 * const settlement = yield* settleBug(options, BeadsId.make("bd-1"))
 */
export const settleBug = Effect.fn("settleBug")(
  function* (options: RunOptions, id: BeadsId) {
    const open = (yield* (yield* Journal).open).find(({ beads }) => beads === id)
    if (open === undefined) return Option.none()
    const claims = Option.getOrElse(yield* readClaims, (): Claims => [])
    const deadline = (yield* bootMillis) + Duration.toMillis(JOB_TIME)
    const listed = { attempt: open, lastSign: open.updatedAt }
    const result = yield* forOneJob(options.run, settleOne(options, listed, claims, { deadline, mayAbandon: true }))
    if (Option.isNone(result)) return Option.some(stillOpen(open, "a run is active, which settles it"))
    if (result.value?._tag === "Ended") yield* logEnds([result.value.attempt])
    return Option.fromNullable(result.value)
  },
  withLimits,
  ofRun
)
