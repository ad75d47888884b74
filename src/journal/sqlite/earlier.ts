import { Effect, Option } from "effect"
import { connect } from "./database.ts"

/**
 * The path of the repository of the newest attempt in a journal of an earlier version; `undefined` if it holds none, or
 * cannot be read: opening it as a journal will say why. Changes nothing.
 */
export const repositoryOfNewest = (file: string): Effect.Effect<string | undefined> =>
  connect(file).pipe(
    Effect.flatMap(
      (sql) => sql<{ path: string }>`SELECT attempt ->> '$.repository.path' AS path
        FROM attempts ORDER BY began DESC, rowid DESC LIMIT 1`
    ),
    Effect.map(([newest]) => newest?.path),
    Effect.scoped,
    Effect.option,
    Effect.map(Option.getOrUndefined)
  )
