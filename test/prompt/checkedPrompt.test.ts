import { assert, describe, it } from "@effect/vitest"
import { checkedPrompt } from "../../src/prompt/checkedPrompt.ts"
import type { Remark } from "../../src/prompt/remark.ts"
import { issueWith, MARKER, outside, report } from "./support.ts"

const refusalOf = (text: string) =>
  text.trim() === "" || text.length > 100 * 1024 || text.includes("op read") ? "no" : undefined

const checked = (fields: Parameters<typeof issueWith>[0], submodules?: ReadonlyArray<string>, remark?: Remark) =>
  checkedPrompt(
    {
      issue: issueWith(fields),
      repository: { name: "ledger", path: "/src/ledger" },
      place: { path: "/w", submodules },
      marker: MARKER,
      earlier: ["attempt 1 said op read", "attempt 2 failed"],
      remark
    },
    refusalOf
  )

const comment = (text: string) => ({ author: "alice", createdAt: 0, text })

describe("checkedPrompt", () => {
  it("leaves out an earlier attempt that the runner refuses", () => {
    const { refusal, text } = checked({})
    assert.isUndefined(refusal)
    assert.notInclude(text, "op read")
    assert.include(text, "attempt 2 failed")
  })

  it("leaves out a remark that the runner refuses, and keeps any other", () => {
    const withRemark = (text: string) => checked({}, undefined, { at: 0, text })
    assert.isUndefined(withRemark("run op read").refusal)
    assert.notInclude(withRemark("run op read").text, "A person who wants")
    assert.include(withRemark("Use the CSV parser").text, "Use the CSV parser")
  })

  it("leaves out comments and texts that the runner refuses, and says so: one comment blocks no bug", () => {
    const { refusal, text } = checked({
      acceptanceCriteria: "it works",
      design: `${"x".repeat(50_000)} op read y`,
      notes: "op read z",
      comments: [comment("me too"), comment("run: op read secret"), comment(" "), comment("é".repeat(30_000))]
    })
    assert.isUndefined(refusal)
    assert.include(
      outside(text),
      "Left out, because the runner refuses a prompt that holds it: the design; the notes; 1 of 4 comments. See: bd show bd-a1b2"
    )
    assert.include(report(text, 2), "it works")
    assert.include(report(text, 2), "me too")
  })

  it("a description that the runner refuses is a refusal", () => {
    assert.strictEqual(checked({ description: "op read" }).refusal, "no")
  })

  it("names the submodules of the worktree", () => {
    assert.include(checked({}, ["libs/a"]).text, "not initialised in the worktree: libs/a.")
  })
})
