import * as Path from "@effect/platform/Path"
import { Clock, Data, Duration, Effect, Option } from "effect"
import { explained, type Explanation } from "../../domain/Explanation.ts"
import { newRunId } from "../../domain/newRunId.ts"
import { makeRunLock } from "../runLock.ts"
import { RUN_LOCK } from "../stateFiles.ts"
import { watcherOf } from "../watchPlace.ts"

/** A run or a watcher is at work: it would write to a journal that was copied. */
export class Disturbed extends Data.TaggedError("Disturbed")<Explanation> {
  override get message(): string {
    return explained(this)
  }
}

/** The longest that a copy may take. Then the next run takes it for hung. */
const COPY_TIME = Duration.hours(1)

/** Does this under the run lock of the state directory, and only if no watcher lives. */
export const undisturbed = <A, E, R>(directory: string, work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const [path, run, now] = yield* Effect.all([Path.Path, newRunId, Clock.currentTimeMillis])
    const { lock } = yield* makeRunLock(path.join(directory, RUN_LOCK))
    const holder = yield* lock({ run, until: now + Duration.toMillis(COPY_TIME), work: "run" })
    if (Option.isSome(holder)) {
      return yield* new Disturbed({
        what: `a run is active (${holder.value}), so nothing is copied`,
        next: "Copy again when it has ended"
      })
    }
    const watcher = yield* watcherOf(directory)
    if (Option.isSome(watcher)) {
      return yield* new Disturbed({
        what: `a watcher is active (${watcher.value.name}) and writes to the journal in SQLite, so nothing is copied`,
        next: `Copy again when its jobs have ended, or end the watcher, which loses nothing: kill ${watcher.value.pid}`
      })
    }
    return yield* work
  }).pipe(Effect.scoped)
