import { Effect, Either } from "effect"
import { Actor } from "../../domain/Actor.ts"
import { assert } from "./assert.ts"
import { closed, bugs, open, ours, related, type BeadsCheck, type SeedIssue } from "./beadsWorld.ts"
import { beadsId, NASTY_TEXT } from "./support.ts"

/** What `show` must do. */
export const show = (check: BeadsCheck): void => {
  check(
    "reads all fields of the issue that a dispatch needs",
    [
      {
        id: "bd-a1b2",
        title: "boom",
        description: "it broke",
        priority: 0,
        labels: ["backend", "needs care"],
        createdAt: "2026-01-02T03:04:05Z",
        blockedBy: ["bd-dep"]
      },
      { id: "bd-dep", title: "first this", priority: 2, type: "task" }
    ],
    (beads) =>
      Effect.map(beads.show(beadsId("bd-a1b2")), (issue) => {
        assert(issue !== undefined)
        assert.strictEqual(issue.id, "bd-a1b2")
        assert.strictEqual(issue.title, "boom")
        assert.strictEqual(issue.description, "it broke")
        assert.strictEqual(issue.status, "open")
        assert.strictEqual(issue.type, "bug")
        assert.strictEqual(issue.priority, 0)
        assert.strictEqual(issue.createdAt, 1_767_323_045_000)
        assert.sameMembers(issue.labels, ["backend", "needs care"])
        assert.deepStrictEqual([...issue.blockedBy], ["bd-dep"])
        assert.isUndefined(issue.assignee)
        assert.isUndefined(issue.closedAt)
      })
  )

  check("reads when a closed issue was closed", [{ ...closed, closedAt: "2026-01-03T00:00:00Z" }], (beads) =>
    Effect.map(beads.show(beadsId("bd-done")), (issue) => {
      assert.strictEqual(issue?.status, "closed")
      assert.strictEqual(issue?.closedAt, 1_767_398_400_000)
    })
  )

  const told: SeedIssue = {
    ...open,
    description: "it broke",
    acceptanceCriteria: "- it works\n- a test says so",
    design: "in the parser",
    notes: `${NASTY_TEXT}\nseen twice`
  }
  check("reads acceptance criteria, design and notes, also in the list", [told], (beads) =>
    Effect.gen(function* () {
      const [shown, { issues }] = yield* Effect.all([beads.show(beadsId("bd-a")), beads.openBugs(bugs(1))])
      for (const issue of [shown, ...issues]) {
        assert.strictEqual(issue?.acceptanceCriteria, told.acceptanceCriteria)
        assert.strictEqual(issue?.design, told.design)
        assert.strictEqual(issue?.notes, told.notes)
        assert.deepStrictEqual([...(issue?.unread ?? ["?"])], [])
      }
      assert.lengthOf(issues, 1)
    })
  )

  check("an issue without acceptance criteria, design, notes and comments has none", [open], (beads) =>
    Effect.map(beads.show(beadsId("bd-a"), "comments"), (issue) => {
      assert(issue !== undefined)
      const { acceptanceCriteria, comments, design, notes, unread } = issue
      assert.deepStrictEqual([acceptanceCriteria, design, notes], ["", "", ""])
      assert.deepStrictEqual([[...comments], [...unread]], [[], []])
    })
  )

  check("reads the comments where they are asked for, the oldest first", [told], (beads) =>
    Effect.gen(function* () {
      const texts = ["it also breaks\nwith two lines", NASTY_TEXT]
      yield* beads.comment(beadsId("bd-a"), Actor.make("alice"), texts[0] ?? "")
      yield* beads.comment(beadsId("bd-a"), ours, texts[1] ?? "")
      const issue = yield* beads.show(beadsId("bd-a"), "comments")
      assert.deepStrictEqual(
        issue?.comments.map(({ author, text }) => [author, text.trimEnd()]),
        [
          ["alice", texts[0]],
          [ours, texts[1]]
        ]
      )
      assert.deepStrictEqual([...(issue?.unread ?? ["?"])], [])
      assert.isAbove(issue?.comments[0]?.createdAt ?? 0, 0)
      const plain = yield* beads.show(beadsId("bd-a"))
      assert.deepStrictEqual([...(plain?.unread ?? ["?"])], [], "what was not asked for is not missing")
    })
  )

  check("returns undefined for an unknown id", [{ id: "bd-a", title: "a", priority: 1 }], (beads) =>
    Effect.map(beads.show(beadsId("bd-zzzz")), (issue) => assert.isUndefined(issue))
  )

  check("returns undefined for a part of another id", related.slice(0, 1), (beads) =>
    Effect.gen(function* () {
      for (const part of ["bd-a1b2", "bd-a1", "bd-1b2"]) {
        assert.isUndefined(yield* beads.show(beadsId(part)), part)
      }
    })
  )

  check("returns no issue for a part of several ids", related, (beads) =>
    Effect.gen(function* () {
      for (const part of ["bd-a1b2", "bd-a1", "bd-1b2"]) {
        const shown = yield* Effect.either(beads.show(beadsId(part)))
        assert.isUndefined(Either.getOrUndefined(shown), part)
      }
    })
  )
}
