import { assert, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import { USUAL_VARIABLES } from "../src/exec/childEnvironment.ts"

const read = (name: string) => fs.readFileSync(new URL(`../${name}`, import.meta.url), "utf8")

const section = /^## Security\n([\s\S]*?)^## /m.exec(read("README.md"))?.[1] ?? ""
const rows = section
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (?:who|-)/.test(line))
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\|?\s+|\s+\|?$/g, "")))

describe("the README's security section", () => {
  it("names for each threat what stops it, and a test that is there", () => {
    assert.isAbove(rows.length, 25)
    assert.isNotEmpty(rows[0]?.[0])
    for (const row of rows) {
      assert.lengthOf(row, 4, row.join(" | "))
      const [, threat = "", stop = "", proof = ""] = row
      assert.strictEqual(threat === "", stop === "", proof)
      const [, file = "", name = ""] = /^`(test\/[\w./]+)` "(.+)"$/.exec(proof) ?? []
      assert.isAbove(name.length, 10, proof)
      assert.isTrue(read(file).includes(name), proof)
    }
  })

  it("lists every variable that a command is given, and no other", () => {
    const listed = /^\*\*Environment\.\*\*([\s\S]*?)^What an agent/m.exec(section)?.[1] ?? ""
    const names = Array.from(listed.matchAll(/`([^`]+)`/g), ([, name = ""]) => name)
    const proxies = names.filter((name) => name.endsWith("_proxy")).map((name) => name.toUpperCase())
    assert.deepStrictEqual([...names, ...proxies].sort(), [...USUAL_VARIABLES].sort())
  })
})
