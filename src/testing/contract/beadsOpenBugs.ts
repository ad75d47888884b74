import { Effect } from "effect"
import { assert } from "./assert.ts"
import { bugs, type BeadsCheck, type SeedIssue } from "./beadsWorld.ts"
import { NASTY_TEXT } from "./support.ts"

/** What `openBugs` must do. */
export const openBugs = (check: BeadsCheck): void => {
  check("an empty tracker has no bugs, and that is no failure", [], (beads) =>
    Effect.map(beads.openBugs(bugs(1)), (intake) => {
      assert.deepStrictEqual([...intake.issues], [])
      assert.deepStrictEqual([...intake.malformed], [])
      assert.deepStrictEqual(intake.others, [])
    })
  )

  const unwanted: ReadonlyArray<SeedIssue> = [
    { id: "bd-t1", title: "one task", priority: 1, type: "task" },
    { id: "bd-t2", title: "another task", priority: 1, type: "task" },
    { id: "bd-p2", title: "p2", priority: 2 },
    { id: "bd-done", title: "closed", priority: 0, status: "closed", closedAt: "2026-01-03T00:00:00Z" }
  ]
  check("without a wanted bug, counts the open issues by type and priority", unwanted, (beads) =>
    Effect.map(beads.openBugs(bugs(1)), (intake) => {
      assert.sameMembers(
        (intake.others ?? []).map(({ count, priority, type }) => `${count} ${type} P${priority}`),
        ["2 task P1", "1 bug P2"]
      )
    })
  )

  const mixed: ReadonlyArray<SeedIssue> = [
    { id: "bd-p0", title: "p0", priority: 0 },
    { id: "bd-p1", title: "p1", priority: 1 },
    { id: "bd-p2", title: "p2", priority: 2 },
    { id: "bd-feat", title: "a feature", priority: 0, type: "feature" },
    { id: "bd-task", title: "a task", priority: 1, type: "task" },
    { id: "bd-prog", title: "in progress", priority: 0, status: "in_progress", assignee: "alice" },
    { id: "bd-done", title: "closed", priority: 0, status: "closed", closedAt: "2026-01-03T00:00:00Z" },
    { id: "bd-wait", title: "blocked", priority: 1, blockedBy: ["bd-p2", "bd-done"] },
    { id: "bd-have", title: "assigned", priority: 1, assignee: "Recovery Agent" }
  ]

  check("lists each open bug of the priorities once, also blocked and assigned ones", mixed, (beads) =>
    Effect.map(beads.openBugs(bugs(1)), (intake) => {
      assert.sameMembers(
        intake.issues.map((issue) => issue.id),
        ["bd-p0", "bd-p1", "bd-wait", "bd-have"]
      )
      assert.deepStrictEqual([...intake.malformed], [])
    })
  )

  check("lists a bug's open blockers and its assignee", mixed, (beads) =>
    Effect.map(beads.openBugs(bugs(1)), (intake) => {
      const byId = new Map(intake.issues.map((issue) => [String(issue.id), issue]))
      assert.deepStrictEqual([...(byId.get("bd-wait")?.blockedBy ?? [])], ["bd-p2"])
      assert.deepStrictEqual([...(byId.get("bd-p0")?.blockedBy ?? ["?"])], [])
      assert.strictEqual(byId.get("bd-have")?.assignee, "Recovery Agent")
      assert.isUndefined(byId.get("bd-p0")?.assignee)
    })
  )

  check("lists only the given types and priorities", mixed, (beads) =>
    Effect.gen(function* () {
      const urgent = yield* beads.openBugs(bugs(0))
      assert.sameMembers(
        urgent.issues.map((issue) => issue.id),
        ["bd-p0"]
      )
      const wide = yield* beads.openBugs(bugs(4, ["bug", "task"]))
      assert.sameMembers(
        wide.issues.map((issue) => issue.id),
        ["bd-p0", "bd-p1", "bd-p2", "bd-task", "bd-wait", "bd-have"]
      )
    })
  )

  const many = Array.from({ length: 64 }, (_, i): SeedIssue => ({
    id: `bd-m${i}`,
    title: `bug ${i}`,
    priority: i % 2
  }))
  check("lists more than 60 open bugs", many, (beads) =>
    Effect.map(beads.openBugs(bugs(1)), (intake) =>
      assert.sameMembers(
        intake.issues.map((issue) => issue.id),
        many.map((issue) => issue.id)
      )
    )
  )

  const titles = [
    'it\'s "quoted"',
    "two\nlines",
    "tab\tand \\ backslash",
    "ünïcödé 🐛 日本語",
    "--flag $(x) `y`",
    "[1, {]"
  ]
  check(
    "keeps titles and descriptions unchanged",
    titles.map((title, i) => ({ id: `bd-t${i}`, title, description: `${title}\n\n${NASTY_TEXT}`, priority: 1 })),
    (beads) =>
      Effect.map(beads.openBugs(bugs(1)), (intake) => {
        const byId = new Map(intake.issues.map((issue) => [String(issue.id), issue]))
        titles.forEach((title, i) => {
          assert.strictEqual(byId.get(`bd-t${i}`)?.title, title)
          assert.strictEqual(byId.get(`bd-t${i}`)?.description, `${title}\n\n${NASTY_TEXT}`)
        })
      })
  )
}
