import { Effect, Ref } from "effect"
import { createHash } from "node:crypto"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { programIn } from "../../start/codeCache.ts"

/** The program's file, as far as it can be read. */
interface Content {
  /** Changes whenever the file is written: it is cheap to compare. */
  readonly stamp: string
  readonly digest: string
}

/** `undefined` if the file is missing or cannot be read. */
const contentOf = (file: string, before?: Content): Effect.Effect<Content | undefined> =>
  Effect.promise(async () => {
    try {
      const { ino, mtimeMs, size } = await fs.stat(file)
      const stamp = `${ino} ${mtimeMs} ${size}`
      if (before?.stamp === stamp) return before
      return {
        stamp,
        digest: createHash("sha256")
          .update(await fs.readFile(file))
          .digest("hex")
      }
    } catch {
      return undefined
    }
  })

/** A program that is being written is complete after this time. */
const SETTLING = "2 seconds"

/**
 * Whether another program is in the place of this one: its content differs from that at the start, and stays as it is. A program
 * that is missing hands nothing over.
 *
 * @example
 * const { isOutdated } = yield* outdatedSince("/opt/nightly-dispatch/dist/nightly-dispatch.js")
 */
export const outdatedSince = Effect.fnUntraced(function* (program: string) {
  const file = programIn(path.dirname(program))
  const first = yield* contentOf(file)
  const last = yield* Ref.make(first)
  const isOutdated = Effect.gen(function* () {
    const now = yield* contentOf(file, yield* Ref.get(last))
    if (first === undefined || now === undefined) return false
    yield* Ref.set(last, now)
    if (now.digest === first.digest) return false
    const later = yield* Effect.delay(contentOf(file), SETTLING)
    return later?.digest === now.digest
  })
  return { isOutdated }
})
