import { assert, describe, it } from "@effect/vitest"
import { USUAL_VARIABLES } from "../src/exec/childEnvironment.ts"
import { securityPage, threats } from "./proof/tables.ts"

// That these tests ran and passed is checked after the run, by `proof/plugin.ts`.
describe("the page on security", () => {
  it("names for each threat what stops it, and at least one test", () => {
    assert.isAbove(threats.length, 25)
    for (const { proofs, text } of threats) {
      assert.match(text, /^.{10,}: .{3,}$/m)
      assert.isNotEmpty(proofs, text)
      assert.lengthOf(proofs, text.match(/^ +- /gm)?.length ?? 0, `a line that is no \`file\` "test name": ${text}`)
    }
  })

  it("lists every variable that a command is given, and no other", () => {
    const listed = /^\*\*Environment\.\*\*([\s\S]*?)^What an agent/m.exec(securityPage)?.[1] ?? ""
    const names = Array.from(listed.matchAll(/`([^`]+)`/g), ([, name = ""]) => name)
    const proxies = names.filter((name) => name.endsWith("_proxy")).map((name) => name.toUpperCase())
    assert.deepStrictEqual([...names, ...proxies].sort(), [...USUAL_VARIABLES].sort())
  })
})
