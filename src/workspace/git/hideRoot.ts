import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { reasonOf } from "../../exec/causes.ts"

const hasCode = (cause: unknown, code: string): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && cause.code === code

/**
 * Keeps worktrees out of `git status` and `git add` of the repository, if their root is below it: a `.gitignore` in the root
 * itself. The repository's own list of ignored files would count in each worktree too.
 *
 * @example
 * yield* hideRoot("/home/me/app/.agents", "/home/me/app")
 */
export const hideRoot = Effect.fnUntraced(function* (root: string, clone: string) {
  const hide = Effect.tryPromise({
    try: async () => {
      const inside = path.relative(await fs.realpath(clone), root)
      if (inside === "" || inside === ".." || inside.startsWith("../")) return
      await fs.writeFile(path.join(root, ".gitignore"), "*\n", { flag: "wx" }).catch((cause: unknown) => {
        if (!hasCode(cause, "EEXIST")) throw cause
      })
    },
    catch: reasonOf
  })
  yield* Effect.catchAll(hide, (detail) =>
    Effect.logWarning(`${root} shows up in git status of ${clone}: cannot write a .gitignore there: ${detail}`)
  )
})
