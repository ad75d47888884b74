import { assert, describe, it } from "@effect/vitest"
import { pagerOf } from "../../../src/workspace/kept/pager.ts"

const NONE = { GIT_PAGER: undefined, PAGER: undefined }
const global = (key: string, value: string) => ({ scope: "global", key, value })

describe("the pager of the operator's git", () => {
  it("is found in git's own order", () => {
    const core = global("core.pager", "core")
    const both = [core, global("pager.diff", "diff")]
    assert.strictEqual(pagerOf(both, { GIT_PAGER: "variable", PAGER: "other" }), "variable")
    assert.strictEqual(pagerOf(both, { ...NONE, PAGER: "other" }), "diff")
    assert.strictEqual(pagerOf([core, global("pager.diff", "true")], { ...NONE, PAGER: "other" }), "core")
    assert.strictEqual(pagerOf([], { ...NONE, PAGER: "other" }), "other")
    assert.strictEqual(pagerOf([], NONE), "less")
  })

  it.each(["local", "worktree", "unknown"])(
    "is none of the repository's %s settings, which an agent can write",
    (scope) => {
      const planted = ["core.pager", "pager.diff"].map((key) => ({ scope, key, value: "evil" }))
      assert.strictEqual(pagerOf([...planted, global("core.pager", "delta"), ...planted], NONE), "delta")
      assert.strictEqual(pagerOf(planted, NONE), "less")
    }
  )

  it("is none if git uses none", () => {
    assert.isUndefined(pagerOf([global("pager.diff", "false")], { ...NONE, GIT_PAGER: "less" }))
    for (const GIT_PAGER of ["", " ", "cat"]) assert.isUndefined(pagerOf([], { ...NONE, GIT_PAGER }))
    assert.isUndefined(pagerOf([global("core.pager", "cat")], { ...NONE, PAGER: "less" }))
  })
})
