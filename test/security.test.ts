import { assert, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import { USUAL_VARIABLES } from "../src/exec/childEnvironment.ts"

const read = (name: string) => fs.readFileSync(new URL(`../${name}`, import.meta.url), "utf8")

const page = read(".github/SECURITY.md")
const threats = page.split(/^- could /m).slice(1)

describe("the page on security", () => {
  it("names for each threat what stops it, and a test that is there", () => {
    assert.isAbove(threats.length, 25)
    for (const threat of threats) {
      assert.match(threat, /^.{10,}: .{3,}$/m)
      const proofs = Array.from(threat.matchAll(/^ {2}- `(test\/[\w./]+)` "(.+)"$/gm))
      assert.isNotEmpty(proofs, threat)
      for (const [, file = "", name = ""] of proofs) assert.isTrue(read(file).includes(name), name)
    }
  })

  it("lists every variable that a command is given, and no other", () => {
    const listed = /^\*\*Environment\.\*\*([\s\S]*?)^What an agent/m.exec(page)?.[1] ?? ""
    const names = Array.from(listed.matchAll(/`([^`]+)`/g), ([, name = ""]) => name)
    const proxies = names.filter((name) => name.endsWith("_proxy")).map((name) => name.toUpperCase())
    assert.deepStrictEqual([...names, ...proxies].sort(), [...USUAL_VARIABLES].sort())
  })
})
