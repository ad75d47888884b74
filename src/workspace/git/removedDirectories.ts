import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Effect, Random } from "effect"
import type { Location } from "./worktreeDirectory.ts"
import { detailOf, fromFiles } from "./worktreeRoot.ts"

/** A removed worktree is renamed to `+removed-<repo>-<mark>` first. No repository's name begins with a plus sign. */
const REMOVED = "+removed-"
const MARK = /-[0-9a-f]{8}$/

/** Removes directories of worktrees in two steps, so that half a removal never looks like a worktree with work. */
export const makeRemovedDirectories = (files: FileSystem.FileSystem, path: Path.Path) => {
  /**
   * Renames the worktree's directory, within its parent, so that it is no longer a worktree for anybody. `removeRests` removes
   * it.
   */
  const moveAside = Effect.fnUntraced(function* ({ parent, real }: Location) {
    const mark = (yield* Random.nextIntBetween(0, 2 ** 32)).toString(16).padStart(8, "0")
    const aside = path.join(parent, `${REMOVED}${path.basename(real)}-${mark}`)
    yield* Effect.mapError(files.rename(real, aside), (error) => fromFiles(error, `cannot rename ${real}`))
  })

  /** The paths of what is left of removed worktrees of one bug and repository. */
  const restsOf = ({ parent, real }: Location) =>
    files.readDirectory(parent).pipe(
      Effect.orElseSucceed((): ReadonlyArray<string> => []),
      Effect.map((names) =>
        names.filter((name) => MARK.test(name) && name.replace(MARK, "") === REMOVED + path.basename(real))
      ),
      Effect.map((names) => names.map((name) => path.join(parent, name)))
    )

  /** Removes what is left of removed worktrees of one bug and repository. Returns the paths that stay, and warns of each. */
  const removeRests = Effect.fnUntraced(function* (location: Location) {
    return yield* Effect.filter(yield* restsOf(location), (rest) =>
      files.remove(rest, { recursive: true, force: true }).pipe(
        Effect.as(false),
        Effect.catchAll((error) =>
          Effect.as(
            Effect.logWarning(
              `${rest} is the rest of a removed worktree without work, and cannot be removed: ${detailOf(error)}. ` +
                `The next attempt at the bug tries again. To remove it now, run: sudo rm -rf ${rest}`
            ),
            true
          )
        )
      )
    )
  })

  return { moveAside, restsOf, removeRests }
}
