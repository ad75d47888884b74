import { Effect } from "effect"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import * as path from "node:path"

const isExecutable = (file: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    // Most directories of a PATH do not have it: one call each.
    fs
      .access(file, constants.X_OK)
      .then(() => fs.stat(file))
      .then((stat) => stat.isFile())
      .catch(() => false)
  )

export const which = Effect.fn("Exec.which")(function* (command: string, searchPath: string | undefined) {
  const candidates = command.includes("/")
    ? [path.resolve(command)]
    : (searchPath ?? "").split(path.delimiter).map((directory) => path.resolve(directory || ".", command))
  for (const candidate of candidates) if (yield* isExecutable(candidate)) return candidate
  return undefined
})
