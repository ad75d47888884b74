import { assert, describe, it } from "@effect/vitest"
import { claimOwner, describeOwner, type ClaimEvidence } from "../../../src/dispatch/settle/claimOwner.ts"
import { defaultSettings } from "../../../src/domain/defaultSettings.ts"
import { issue } from "../../../src/testing/fakeIssues.ts"
import { MARK, OTHER_MARK } from "../../contract/support.ts"
import { HOUR } from "./support.ts"

const RUN = "20261122T020000Z-000001"
const BEGAN = Date.UTC(2026, 10, 22, 2)

const evidence: ClaimEvidence = {
  identity: { mark: MARK, adopted: [], copied: [], trackers: [] },
  others: new Set(),
  host: "vm-1",
  isRecorded: false,
  settings: defaultSettings,
  now: BEGAN + HOUR
}
const ownerOf = (assignee: string, changes: Partial<ClaimEvidence> = {}) =>
  claimOwner({ assignee }, { ...evidence, ...changes })
const actor = (mark: string, host = "vm-1") => `nightly-dispatch/${mark}${mark && "/"}${host}/${RUN}/1`

describe("the owner of a claim without an open attempt", () => {
  it("is this dispatcher only if the mark or the journal says so, never by host name", () => {
    assert.strictEqual(ownerOf(actor(MARK, "renamed"))._tag, "Ours")
    assert.strictEqual(ownerOf(actor("", "vm-1"), { isRecorded: true })._tag, "Ours")
    assert.strictEqual(ownerOf(actor(OTHER_MARK))._tag, "MayLive")
    assert.strictEqual(ownerOf(actor(""))._tag, "MayLive", "an actor of an earlier version")
    const adopted = { ...evidence.identity, adopted: [OTHER_MARK] }
    assert.strictEqual(ownerOf(actor(OTHER_MARK), { identity: adopted })._tag, "Ours")
    const copied = { ...evidence.identity, copied: [OTHER_MARK] }
    assert.strictEqual(ownerOf(actor(OTHER_MARK), { identity: copied })._tag, "MayLive")
  })

  it("is the other host that shares the journal, also with a settled attempt there and once the claim is old", () => {
    const others = new Set([OTHER_MARK])
    for (const changes of [{}, { isRecorded: true }, { now: BEGAN + 4 * HOUR }])
      assert.strictEqual(ownerOf(actor(OTHER_MARK), { ...changes, others })._tag, "Elsewhere")
    assert.strictEqual(ownerOf(actor(MARK), { others })._tag, "Ours")
  })

  it("is unowned once the claim is old and another host's, and so is a claim made by hand", () => {
    const later = { now: BEGAN + 4 * HOUR }
    assert.strictEqual(ownerOf(actor(OTHER_MARK), later)._tag, "Over")
    assert.strictEqual(ownerOf(actor(OTHER_MARK, "vm-2"), later)._tag, "Unowned")
    assert.strictEqual(ownerOf(actor(OTHER_MARK, "vm-2"))._tag, "Elsewhere")
    for (const name of [`nightly-dispatch/vm-1/${RUN}/0`, "nightly-dispatch/a b", ""])
      assert.strictEqual(ownerOf(name)._tag, "Unowned", name)
  })

  it("is nobody that a run could judge if the time in the claim's name has not come yet", () => {
    const before = { now: BEGAN - HOUR }
    assert.strictEqual(ownerOf(actor(MARK), before)._tag, "Ours")
    assert.include(ownerOf(actor(OTHER_MARK), before), { _tag: "Unowned" })
    assert.include(ownerOf(actor(OTHER_MARK, "vm-2"), before), { _tag: "Unowned" })
  })

  it("is named with what to do, unless this run settles the claim", () => {
    const text = (assignee: string, now = evidence.now) => {
      return describeOwner(issue({ id: "bd-1", status: "in_progress", assignee }), ownerOf(assignee, { now }))
    }
    assert.include(text(actor(OTHER_MARK)) ?? "", "released after 2026-11-22T05:00:00.000Z")
    assert.include(text(actor(OTHER_MARK, "vm-2"), BEGAN + 4 * HOUR) ?? "", "nightly-dispatch release bd-1")
    assert.isUndefined(text(actor(MARK)))
    assert.include(text(actor(OTHER_MARK, "vm-2")) ?? "", "which settles it")
  })
})
