import { assert, describe, it } from "@effect/vitest"
import { USUAL_VARIABLES, type Tool } from "../src/exec/childEnvironment.ts"
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

  it("lists every variable that each kind of command is given, and no other", () => {
    const KINDS: Readonly<Record<string, ReadonlyArray<Tool>>> = {
      "every command": ["system", "git", "tracker", "worktree", "forge", "pager", "notifier", "agent"],
      "all but tools of the system and your pager": ["git", "tracker", "worktree", "forge", "notifier", "agent"],
      "bd, dx-runner and agents": ["tracker", "agent"],
      "dx-worktree, dx-runner and agents": ["worktree", "agent"],
      gh: ["forge"],
      "your pager, with which review shows a diff": ["pager"],
      "dx-runner and agents": ["agent"]
    }
    const section = /^\*\*Environment\.\*\*([\s\S]*?)^What an agent/m.exec(securityPage)?.[1] ?? ""
    const listed = Array.from(section.matchAll(/^- ([^:]+):((?:.|\n {2})*)/gm), ([, label = "", text = ""]) => {
      const names = Array.from(text.matchAll(/`([^`]+)`/g), ([, name = ""]) => name)
      const proxies = names.filter((name) => name.endsWith("_proxy")).map((name) => name.toUpperCase())
      return { tools: KINDS[label], names: [...names, ...proxies] }
    })
    assert.lengthOf(listed, 7)
    for (const [tool, names] of Object.entries(USUAL_VARIABLES)) {
      const found = listed.flatMap(({ names, tools }) => (tools?.some((each) => each === tool) === true ? names : []))
      assert.deepStrictEqual(found.sort(), [...names].sort(), tool)
    }
  })
})
