import * as fs from "node:fs"
import * as path from "node:path"

const MIT = fs.readFileSync("LICENSE", "utf8").split("\n\n").slice(2).join("\n\n")

/** The directory of the package that a source file belongs to; nothing for a file of ours. */
const packageOf = (file) => /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []

/** The license that stands at the end of a package's readme. */
const inReadme = (directory, entries) => {
  const file = entries.find((entry) => /^readme(\.|$)/i.test(entry))
  const text = file === undefined ? "" : fs.readFileSync(path.join(directory, file), "utf8")
  return /^#+ *licen[cs]e\s+([^#]*\bcopyright\b[^#]*\bpermission\b[^#]*)$/im.exec(text)?.[1]
}

const textOf = (directory, { authors, license, name }) => {
  const entries = fs.readdirSync(directory)
  const file = entries.find((entry) => /^licen[cs]e(\.|$)/i.test(entry))
  if (file !== undefined) return fs.readFileSync(path.join(directory, file), "utf8")
  const readme = inReadme(directory, entries)
  if (readme !== undefined) return readme
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
