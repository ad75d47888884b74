import { assert, describe, it } from "@effect/vitest"
import { ids, planned } from "./support.ts"

const bugs = (...labels: ReadonlyArray<ReadonlyArray<string>>) =>
  ["Login fails", "Crash at start", "Wrong total", "Mail is lost"].slice(0, labels.length).map((title, index) => ({
    id: `bd-${index + 1}`,
    title,
    labels: labels[index] ?? []
  }))
const set = { intake: { hostTags: { "needs-gpu": "gpu" } } }
const skips = ({ skipped }: ReturnType<typeof planned>) =>
  Object.fromEntries(skipped.map(({ beads, detail, reason }) => [beads, `${reason}: ${detail}`]))

describe("a plan for several hosts", () => {
  it("chooses as many bugs as they have free places, whatever one host takes in a run", () => {
    const hosts = [
      { tags: [], free: 2 },
      { tags: [], free: 1 }
    ]
    const plan = planned(bugs([], [], [], []), { hosts, set: { limits: { maxDispatches: 1 } } })
    assert.deepStrictEqual(ids(plan.chosen), ["bd-1", "bd-2", "bd-3"])
    assert.deepStrictEqual(skips(plan), { "bd-4": "no_capacity: no host has a free place" })
  })

  it("keeps the places of hosts with tags for the bugs that need them", () => {
    const hosts = [
      { tags: ["gpu"], free: 1 },
      { tags: [], free: 1 }
    ]
    const plan = planned(bugs([], ["needs-gpu"], ["needs-gpu"]), { hosts, set })
    assert.deepStrictEqual(ids(plan.chosen), ["bd-1", "bd-2"])
    const only = planned(bugs(["needs-gpu"], ["needs-gpu"], []), { hosts, set })
    assert.deepStrictEqual(ids(only.chosen), ["bd-1", "bd-3"])
    assert.deepStrictEqual(skips(only), { "bd-2": "no_capacity: no host that may get it has a free place" })
  })

  it("skips a bug that none of them may get, as a host that is alone does", () => {
    const words = { "bd-1": "other_host: needs a host with gpu (host.tags)" }
    assert.deepStrictEqual(skips(planned(bugs(["needs-gpu"]), { hosts: [{ tags: ["arm"], free: 3 }], set })), words)
    assert.deepStrictEqual(skips(planned(bugs(["needs-gpu"]), { set })), words)
    const own = planned(bugs(["needs-gpu"]), { set: { ...set, host: { tags: ["gpu"] } } })
    assert.deepStrictEqual(ids(own.chosen), ["bd-1"])
  })

  it("takes one bug if there are too many, also with many hosts", () => {
    const hosts = [{ tags: [], free: 9 }]
    const plan = planned(bugs([], [], []), { hosts, set: { limits: { overloadThreshold: 2 } } })
    assert.lengthOf(plan.chosen, 1)
  })
})
