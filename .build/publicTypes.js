import * as fs from "node:fs"
import * as path from "node:path"

/** The declaration files that a declaration file names. */
const importsOf = (file) =>
  [...fs.readFileSync(file, "utf8").matchAll(/\b(?:from|import)[ (]"(\.[^"]+)\.[jt]s"/g)].map(([, name]) =>
    path.join(path.dirname(file), `${name}.d.ts`)
  )

/** Removes the declaration files of a directory that its entry points do not lead to. */
export const removePrivateTypes = (directory, entryPoints) => {
  const found = new Set(entryPoints.map((name) => path.join(directory, `${name}.d.ts`)))
  for (const file of found) for (const imported of importsOf(file)) found.add(imported)
  for (const name of fs.readdirSync(directory, { recursive: true })) {
    const file = path.join(directory, name)
    if (file.endsWith(".d.ts") && !found.has(file)) fs.rmSync(file)
  }
}
