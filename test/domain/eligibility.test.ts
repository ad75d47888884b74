import { assert, describe, it } from "@effect/vitest"
import { ineligible } from "../../src/domain/eligibility.ts"
import { lineOf } from "../../src/domain/eventLine.ts"
import { Skipped } from "../../src/domain/Outcome.ts"
import { defaultSettings } from "../../src/domain/defaultSettings.ts"
import { issue } from "../../src/testing/FakeBeads.ts"

const ours = "nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1"
const reason = (assignee: string, status: string) =>
  ineligible(issue({ id: "bd-1", assignee, status }), defaultSettings.intake, 0, new Set())

it("a record that is no work is skipped with what it is, but a running job comes first", () => {
  for (const notWork of ["ephemeral", "wisp", "template", "pinned"] as const) {
    const bug = issue({ id: "bd-1", notWork, assignee: "alice" })
    const [code, detail] = ineligible(bug, defaultSettings.intake, 0, new Set()) ?? []
    assert.strictEqual(code, "not_work")
    assert.include(detail, notWork)
    assert.strictEqual(ineligible(bug, defaultSettings.intake, 0, new Set(["bd-1"]))?.[0], "running")
  }
})

describe("a bug that is open but still assigned", () => {
  it("is skipped with its holder and the command that frees it", () => {
    assert.deepStrictEqual(reason("Recovery Agent", "open"), [
      "assigned",
      'open, but still assigned to Recovery Agent. If its work has ended, free it: bd update bd-1 -a ""'
    ])
  })

  it("says that the holder is an earlier attempt, and on which host", () => {
    const [code, detail] = reason(ours, "open") ?? []
    assert.strictEqual(code, "assigned")
    assert.include(detail, `still assigned to ${ours}, an earlier attempt on host vm-1. If`)
  })

  it("is logged behind the fixed fields", () => {
    const [code, detail] = reason(ours, "open") ?? []
    assert(code !== undefined && detail !== undefined)
    const line = String(lineOf(new Skipped({ beads: "bd-1", reason: code, detail })))
    assert.isTrue(
      line.startsWith('⏭️ DISPATCH_SKIPPED beads=bd-1 reason=assigned detail="open, but still assigned'),
      line
    )
    assert.include(line, "bd update bd-1 -a")
  })

  it("a bug in progress is only assigned", () => {
    assert.deepStrictEqual(reason("Recovery Agent", "in_progress"), ["assigned", "assigned to Recovery Agent"])
  })
})
