import { Effect, Option, type Scope } from "effect"
import type { JournalFailed } from "../domain/Failure.ts"
import { Exec } from "../exec/Exec.ts"
import { fileLock } from "../exec/FileLock.ts"
import { journalFailures } from "./failures.ts"

/** `Journal.lock` on a lock file. */
export const makeRunLock = (
  file: string
): Effect.Effect<Effect.Effect<Option.Option<string>, JournalFailed, Scope.Scope>, never, Exec> =>
  Effect.map(Exec, (exec) =>
    fileLock(file, 0).pipe(
      Effect.as(Option.none()),
      Effect.catchIf(
        (error) => error.holder !== undefined,
        ({ holder }) => Effect.succeed(Option.fromNullable(holder))
      ),
      Effect.mapError(journalFailures(file).of),
      Effect.provideService(Exec, exec),
      Effect.withSpan("Journal.lock")
    )
  )
