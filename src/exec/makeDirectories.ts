import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "./FileSystem.ts"
import { Effect } from "effect"
import * as path from "node:path"

const reasonOf = (error: PlatformError): string => (error._tag === "SystemError" ? error.reason : error._tag)

/** Whether there is nothing at the path. */
export const isNotFound = (error: PlatformError): boolean => reasonOf(error) === "NotFound"

/** Makes one directory, mode 0700. Succeeds if there is one already. */
const makeOne = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.catchIf(
    fs.makeDirectory(directory, { mode: 0o700 }),
    (error) => reasonOf(error) === "AlreadyExists",
    (error) =>
      Effect.flatMap(fs.stat(directory), ({ type }) => (type === "Directory" ? Effect.void : Effect.fail(error)))
  )
})

const make = Effect.fnUntraced(function* (directory: string) {
  const missing: Array<string> = []
  let next = path.resolve(directory)
  for (;;) {
    const made = yield* Effect.either(makeOne(next))
    if (made._tag === "Right") break
    const parent = path.dirname(next)
    if (!isNotFound(made.left) || parent === next) return yield* made.left
    missing.push(next)
    next = parent
  }
  yield* Effect.forEach(missing.toReversed(), makeOne, { discard: true })
})

/** Other dispatchers make and remove empty directories of the same path meanwhile. */
const AGAIN = 20

/** Does this again if a directory on its way was removed meanwhile. */
export const whileRemoved = <A, R>(self: Effect.Effect<A, PlatformError, R>): Effect.Effect<A, PlatformError, R> =>
  Effect.retry(self, { times: AGAIN, while: isNotFound })

/**
 * Makes a directory and its missing parents, mode 0700. Node's own way never ends where a directory cannot be made although its
 * parent is there, as in `/proc`.
 *
 * @example
 * makeDirectories("/home/me/.local/state/nightly-dispatch")
 */
export const makeDirectories = Effect.fn("makeDirectories")(
  (directory: string): Effect.Effect<void, PlatformError, FileSystem.FileSystem> => whileRemoved(make(directory))
)
