import { Effect } from "effect"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import * as path from "node:path"

const isExecutable = async (file: string): Promise<boolean> => {
  try {
    // Most directories of a PATH do not have it: one call each.
    await fs.access(file, constants.X_OK)
    return (await fs.stat(file)).isFile()
  } catch {
    return false
  }
}

export const which = Effect.fn("Exec.which")((command: string, searchPath: string | undefined) => {
  const candidates = command.includes("/")
    ? [path.resolve(command)]
    : (searchPath ?? "").split(path.delimiter).map((directory) => path.resolve(directory || ".", command))
  return Effect.promise(async () => {
    for (const candidate of candidates) if (await isExecutable(candidate)) return candidate
    return undefined
  })
})
