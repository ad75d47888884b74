import { Cause, Duration, Effect, type Option } from "effect"
import { withLimits } from "../dispatch/limits/limitedServices.ts"
import { ofRun } from "../domain/ofRun.ts"
import type { RunOptions } from "../domain/RunOptions.ts"
import { alertPass } from "../report/alerts/alertPass.ts"
import { nameKilled } from "../report/schedule/nameKilled.ts"
import { nameMissed } from "../report/schedule/nameMissed.ts"
import { frameHere } from "./frame.ts"

/** How long a command that has done its work waits for the channels. What is left is sent by the next one. */
const PATIENCE = Duration.seconds(2)
/** How often a watcher looks. */
const BEAT = Duration.minutes(5)

/**
 * Tells a person what there is to tell, after the work of a command. Fails never: what goes wrong here is a warning, because the
 * work is done.
 */
export const tell = (place: RunOptions, repo: Option.Option<string>) =>
  Effect.flatMap(frameHere(repo), ({ program }) =>
    withLimits(alertPass(Effect.succeed(place), { program, time: PATIENCE }))
  ).pipe(
    (telling) => ofRun(telling, place),
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause)
        ? Effect.interrupt
        : Effect.logWarning(
            `alerts: the look for alerts failed, so no channel was told anything: ${Cause.pretty(cause)}`
          )
    ),
    Effect.asVoid
  )

/** The same after a run, which first names the runs before it that were killed, or were due and did not come. */
export const tellAfterRun = (place: RunOptions, repo: Option.Option<string>) =>
  ofRun(withLimits(Effect.zipRight(nameKilled(place.run), nameMissed(place.run))), place).pipe(
    Effect.catchAll(({ message }) => Effect.logWarning(`whether runs were killed or missed is not known: ${message}`)),
    Effect.zipRight(tell(place, repo))
  )

/** Tells again and again while a watcher watches, and once more when it ends. */
export const telling =
  (place: RunOptions, repo: Option.Option<string>) =>
  <A, E, R>(watching: Effect.Effect<A, E, R>) =>
    Effect.scoped(
      Effect.gen(function* () {
        const again = Effect.delay(tell(place, repo), BEAT)
        yield* Effect.forkScoped(Effect.forever(again))
        return yield* watching
      })
    ).pipe(Effect.tap(tell(place, repo)))
