import { assert, describe, it } from "@effect/vitest"
import { Priority } from "../../src/domain/Issue.ts"
import { noneTaken } from "../../src/domain/noneTaken.ts"
import { Planned, Skipped, type Outcome, type SkipReason } from "../../src/domain/Outcome.ts"
import { BeadsId } from "../../src/domain/Ids.ts"
import { ProviderName } from "../../src/domain/Provider.ts"

const filter = { types: ["bug"], maxPriority: Priority.make(1) }
const others = (...groups: ReadonlyArray<readonly [type: string, priority: number, count: number]>) =>
  groups.map(([type, priority, count]) => ({ type, priority: Priority.make(priority), count }))
const skipped = (reason: SkipReason): Outcome => new Skipped({ beads: "bd-1", reason, detail: "" })
const words = (groups: ReturnType<typeof others> | undefined, ...outcomes: ReadonlyArray<Outcome>) =>
  noneTaken(groups, outcomes, filter)

describe("noneTaken", () => {
  it("tells an empty tracker from one whose issues are of other types and priorities", () => {
    assert.strictEqual(words([]), "the tracker has no open issues")
    assert.strictEqual(
      words(others(["task", 0, 12], ["task", 1, 8], ["bug", 2, 5], ["bug", 4, 4])),
      "29 open issues, none taken: 20 tasks, 9 P2 and lower"
    )
    assert.strictEqual(words(others(["story", 1, 1])), "1 open issue, none taken: 1 story")
    assert.strictEqual(words(others(["story", 1, 2])), "2 open issues, none taken: 2 stories")
    assert.strictEqual(words(undefined), "no open bugs to work on")
  })

  it("counts the reasons of skipped bugs", () => {
    assert.strictEqual(
      words(undefined, skipped("blocked"), skipped("assigned"), skipped("blocked")),
      "3 open issues, none taken: 2 blocked, 1 assigned"
    )
  })

  it("is undefined if a bug was taken", () => {
    const planned = new Planned({ beads: BeadsId.make("bd-1"), provider: ProviderName.make("p"), title: "t" })
    assert.isUndefined(words([], skipped("blocked"), planned))
  })

  it("a type of several lines stays on one line", () => {
    assert.notInclude(words(others(["a\nb", 1, 1])), "\n")
  })
})
