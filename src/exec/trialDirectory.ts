import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { codeOf, reasonOf } from "./causes.ts"

/** The beginning of the name of a directory that is made to see whether it can be. */
export const TRIAL = ".trial-"

/** Other dispatchers make and remove empty directories of the same path meanwhile. */
const TRIES = 20

/** Makes a directory in this one; `undefined` if this one is not there. */
const makeIn = async (directory: string, tries = TRIES): Promise<string | undefined> => {
  try {
    return await fs.mkdtemp(path.join(directory, TRIAL))
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT") throw cause
    const isThere = await fs.access(directory).then(
      () => true,
      () => false
    )
    if (!isThere) return undefined
    if (tries === 1) throw cause
    return makeIn(directory, tries - 1)
  }
}

const tryIn = async (directory: string): Promise<void> => {
  const made = await makeIn(directory)
  await (made === undefined ? tryIn(path.dirname(directory)) : fs.rmdir(made))
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
