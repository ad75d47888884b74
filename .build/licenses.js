import * as fs from "node:fs"
import * as path from "node:path"

const MIT = fs.readFileSync("LICENSE", "utf8").split("\n\n").slice(2).join("\n\n")

/** The directory of the package that a source file belongs to; nothing for a file of ours. */
const packageOf = (file) => /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []

const textOf = (directory, { authors, license, name }) => {
  const file = fs.readdirSync(directory).find((entry) => /^licen[cs]e(\.|$)/i.test(entry))
  if (file !== undefined) return fs.readFileSync(path.join(directory, file), "utf8")
  if (license === "MIT" && authors !== undefined) return `Copyright (c) ${authors.join(", ")}\n\n${MIT}`
  throw new Error(`${name} has no license that could be shipped with it`)
}

/**
 * The licenses of the packages that these source files belong to: name, version, kind and text of each. Fails if one has none.
 */
export const licensesOf = (files) => {
  const directories = new Set(files.flatMap(packageOf))
  const licenses = Array.from(directories, (directory) => {
    const manifest = JSON.parse(fs.readFileSync(path.join(directory, "package.json"), "utf8"))
    return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${textOf(directory, manifest).trim()}\n`
  })
  return [...new Set(licenses)].toSorted().join(`\n${"-".repeat(80)}\n\n`)
}
