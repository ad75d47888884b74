import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { codeOf, reasonOf } from "./causes.ts"

/** The beginning of the name of a directory that is made to see whether it can be. */
export const TRIAL = ".trial-"

const tryIn = async (directory: string): Promise<void> => {
  const made = await fs.mkdtemp(path.join(directory, TRIAL)).catch(async (cause: unknown) => {
    if (codeOf(cause) !== "ENOENT") throw cause
    const isThere = await fs.access(directory).then(
      () => true,
      () => false
    )
    if (isThere) throw cause
    return undefined
  })
  if (made !== undefined) return fs.rmdir(made)
  await tryIn(path.dirname(directory))
}

/**
 * Makes a directory in this one, or in the nearest above it that exists, and removes it. Fails with the reason as text: nothing can be
 * made there, whatever the permissions say.
 *
 * @example
 * trialDirectory("/var/lib/not-made-yet") // as a user: "permission denied (EACCES)"
 */
export const trialDirectory = (directory: string): Effect.Effect<void, string> =>
  Effect.tryPromise({ try: () => tryIn(path.resolve(directory)), catch: reasonOf })
