import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, type Layer, type Scope } from "effect"
import { BeadsCli } from "../../src/beads/BeadsCli.ts"
import { ClaimFailed, TrackerFailed } from "../../src/domain/Failure.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { Priority, type IntakeFilter } from "../../src/domain/Issue.ts"
import { beadsId, NASTY_TEXT, sameMembers } from "./support.ts"

/** An issue that the tracker has before the test. */
export interface SeedIssue {
  readonly id: string
  readonly title: string
  readonly description?: string
  readonly acceptanceCriteria?: string
  readonly design?: string
  readonly notes?: string
  /** Default `open`. */
  readonly status?: string
  readonly priority: number
  /** Default `bug`. */
  readonly type?: string
  readonly assignee?: string
  readonly labels?: ReadonlyArray<string>
  /** ISO 8601. */
  readonly createdAt?: string
  /** ISO 8601. */
  readonly closedAt?: string
  /** Ids of the issues that block it. */
  readonly blockedBy?: ReadonlyArray<string>
}

/** The layer under test on a tracker with the seed, and direct access to that tracker. */
export interface BeadsWorld {
  readonly layer: Layer.Layer<BeadsCli>
  readonly elsewhere: {
    /** Another user claims the issue: in progress and assigned to `who`, whatever it was before. */
    readonly claim: (id: string, who: string) => Effect.Effect<void>
    /** Another user closes the issue; the assignee stays. */
    readonly close: (id: string) => Effect.Effect<void>
    readonly read: (id: string) => Effect.Effect<{ readonly status: string; readonly assignee?: string | undefined }>
    /** The texts of the issue's comments. If absent, the suite does not check them. */
    readonly comments?: (id: string) => Effect.Effect<ReadonlyArray<string>>
  }
}

export interface BeadsContractOptions {
  /**
   * `atomic`: exactly one of several simultaneous claims succeeds. `last-writer`: the tracker accepts all of them (bd
   * before 0.49.4), so at most one succeeds, and the tracker must show its actor afterwards.
   */
  readonly claims?: "atomic" | "last-writer"
  /** Milliseconds for one test. Default: as for every test. */
  readonly timeout?: number
}

const bugs = (maxPriority: number, types: ReadonlyArray<string> = ["bug"]): IntakeFilter => ({
  types,
  maxPriority: Priority.make(maxPriority)
})
const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const theirs = Actor.make("nightly-dispatch/vm-2/20261122T030000Z-0b0b0b/1")

const open: SeedIssue = { id: "bd-a", title: "boom", priority: 1 }
const closed: SeedIssue = {
  id: "bd-done",
  title: "done",
  priority: 1,
  status: "closed",
  closedAt: "2026-01-03T00:00:00Z"
}
/** Issues that bd finds by a part of their id. */
const related: ReadonlyArray<SeedIssue> = [
  { id: "bd-a1b2.1", title: "a child", priority: 1 },
  { id: "bd-xa1b2", title: "a longer one", priority: 1 }
]

/** The tests that every layer of `BeadsCli` must pass. */
export const beadsContract = (
  name: string,
  makeWorld: (seed: ReadonlyArray<SeedIssue>) => Effect.Effect<BeadsWorld, never, Scope.Scope>,
  options: BeadsContractOptions = {}
): void => {
  const { timeout } = options

  const check = <A, E>(
    what: string,
    seed: ReadonlyArray<SeedIssue>,
    body: (beads: BeadsCli["Type"], elsewhere: BeadsWorld["elsewhere"]) => Effect.Effect<A, E>
  ): void =>
    it.scopedLive(
      what,
      () =>
        Effect.flatMap(makeWorld(seed), (world) =>
          Effect.flatMap(BeadsCli, (beads) => body(beads, world.elsewhere)).pipe(Effect.provide(world.layer))
        ),
      timeout
    )

  const refused = <A, E>(claim: Effect.Effect<A, E>): Effect.Effect<ClaimFailed> =>
    Effect.map(Effect.either(claim), (result) => {
      assert(Either.isLeft(result), `the claim must not succeed: ${JSON.stringify(result)}`)
      assert(result.left instanceof ClaimFailed, `expected ClaimFailed, got ${JSON.stringify(result.left)}`)
      return result.left
    })

  describe(`${name} keeps the tracker's contract`, () => {
    check("its version is not empty", [], (beads) =>
      Effect.map(beads.version, (version) => assert.match(version, /\S/))
    )

    describe("openBugs", () => {
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
          sameMembers(
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
          sameMembers(
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
          sameMembers(
            urgent.issues.map((issue) => issue.id),
            ["bd-p0"]
          )
          const wide = yield* beads.openBugs(bugs(4, ["bug", "task"]))
          sameMembers(
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
          sameMembers(
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
    })

    describe("show", () => {
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
            assert.strictEqual(issue.createdAt, Date.UTC(2026, 0, 2, 3, 4, 5))
            sameMembers(issue.labels, ["backend", "needs care"])
            assert.deepStrictEqual([...issue.blockedBy], ["bd-dep"])
            assert.isUndefined(issue.assignee)
            assert.isUndefined(issue.closedAt)
          })
      )

      check("reads when a closed issue was closed", [{ ...closed, closedAt: "2026-01-03T00:00:00Z" }], (beads) =>
        Effect.map(beads.show(beadsId("bd-done")), (issue) => {
          assert.strictEqual(issue?.status, "closed")
          assert.strictEqual(issue?.closedAt, Date.UTC(2026, 0, 3))
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
    })

    describe("claim", () => {
      check("an open bug becomes in progress and assigned to the actor", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          const claim = yield* beads.claim(beadsId("bd-a"), ours)
          assert.strictEqual(claim.id, "bd-a")
          assert.strictEqual(claim.actor, ours)
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: ours })
          const seen = yield* beads.show(beadsId("bd-a"))
          assert.strictEqual(seen?.assignee, ours)
          assert.strictEqual(seen?.status, "in_progress")
        })
      )

      check("changes no other issue", [open, ...related], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          for (const { id } of related) assert.strictEqual((yield* elsewhere.read(id)).status, "open", id)
        })
      )

      check("fails with the whole name of another holder, whose claim stays", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* elsewhere.claim("bd-a", "Recovery Agent")
          const failure = yield* refused(beads.claim(beadsId("bd-a"), ours))
          assert.strictEqual(failure.reason, "held")
          assert.strictEqual(failure.holder, "Recovery Agent")
          assert.strictEqual(failure.beads, "bd-a")
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: "Recovery Agent" })
        })
      )

      check("fails if an actor of another host holds the claim", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), theirs)
          const failure = yield* refused(beads.claim(beadsId("bd-a"), ours))
          assert.strictEqual(failure.reason, "held")
          assert.strictEqual(failure.holder, theirs)
          assert.strictEqual((yield* elsewhere.read("bd-a")).assignee, theirs)
        })
      )

      check(
        "fails on a bug that is open and assigned to another user",
        [{ ...open, assignee: "alice" }],
        (beads, elsewhere) =>
          Effect.gen(function* () {
            const failure = yield* refused(beads.claim(beadsId("bd-a"), ours))
            assert.strictEqual(failure.reason, "held")
            assert.strictEqual(failure.holder, "alice")
            assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "open", assignee: "alice" })
          })
      )

      check("succeeds again for the actor that holds the claim", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          assert.strictEqual((yield* beads.claim(beadsId("bd-a"), ours)).actor, ours)
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: ours })
        })
      )

      check("fails on a closed bug that is still assigned", [{ ...closed, assignee: "alice" }], (beads) =>
        Effect.gen(function* () {
          assert.strictEqual((yield* refused(beads.claim(beadsId("bd-done"), ours))).reason, "not_open")
        })
      )

      check("fails on a closed bug, which stays closed", [closed], (beads, elsewhere) =>
        Effect.gen(function* () {
          const failure = yield* refused(beads.claim(beadsId("bd-done"), ours))
          assert.strictEqual(failure.reason, "not_open")
          assert.strictEqual((yield* elsewhere.read("bd-done")).status, "closed")
        })
      )

      check("fails on a blocked bug", [{ ...open, status: "blocked" }], (beads, elsewhere) =>
        Effect.gen(function* () {
          const failure = yield* refused(beads.claim(beadsId("bd-a"), ours))
          assert.strictEqual(failure.reason, "not_open")
          assert.strictEqual((yield* elsewhere.read("bd-a")).status, "blocked")
        })
      )

      check("fails on a missing bug and leaves bugs whose ids contain its id alone", related, (beads, elsewhere) =>
        Effect.gen(function* () {
          assert.isTrue(Either.isLeft(yield* Effect.either(beads.claim(beadsId("bd-a1b2"), ours))))
          for (const { id } of related) assert.strictEqual((yield* elsewhere.read(id)).status, "open", id)
        })
      )

      const racing = Array.from({ length: 5 }, (_, i) =>
        Actor.make(`nightly-dispatch/vm-${i}/20261122T030000Z-00000${i}/1`)
      )
      check(
        options.claims === "last-writer"
          ? "of five simultaneous claims only that of the assignee may succeed"
          : "of five simultaneous claims exactly one succeeds, that of the assignee",
        [open],
        (beads, elsewhere) =>
          Effect.gen(function* () {
            const results = yield* Effect.forEach(
              racing,
              (actor) => Effect.either(beads.claim(beadsId("bd-a"), actor)),
              {
                concurrency: "unbounded"
              }
            )
            const winners = results.filter(Either.isRight).map((won) => won.right.actor)
            const shown = yield* elsewhere.read("bd-a")
            if (options.claims === "last-writer") assert.isAtMost(winners.length, 1)
            else assert.lengthOf(winners, 1)
            for (const winner of winners) assert.deepInclude(shown, { status: "in_progress", assignee: winner })
            for (const lost of results.filter(Either.isLeft)) {
              if (lost.left instanceof ClaimFailed && lost.left.reason === "held" && options.claims !== "last-writer")
                assert.strictEqual(lost.left.holder, shown.assignee)
            }
          })
      )
    })

    describe("release", () => {
      check("a released bug is open and can be claimed again", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          assert.strictEqual((yield* beads.release(beadsId("bd-a"), ours))._tag, "Released")
          const given = yield* elsewhere.read("bd-a")
          assert.strictEqual(given.status, "open")
          assert.isUndefined(given.assignee)
          yield* beads.claim(beadsId("bd-a"), theirs)
          assert.strictEqual((yield* elsewhere.read("bd-a")).assignee, theirs)
        })
      )

      check("leaves the claim of another user alone", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          yield* elsewhere.claim("bd-a", "Recovery Agent")
          const released = yield* beads.release(beadsId("bd-a"), ours)
          assert.deepStrictEqual(released, { _tag: "NotOurs", holder: "Recovery Agent", status: "in_progress" })
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: "Recovery Agent" })
        })
      )

      check("a bug that was closed meanwhile stays closed", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          yield* elsewhere.close("bd-a")
          const released = yield* beads.release(beadsId("bd-a"), ours)
          assert(released._tag === "NotOurs")
          assert.strictEqual(released.status, "closed")
          assert.strictEqual((yield* elsewhere.read("bd-a")).status, "closed")
        })
      )

      check(
        "does nothing for a missing bug and leaves bugs whose ids contain its id alone",
        related,
        (beads, elsewhere) =>
          Effect.gen(function* () {
            for (const { id } of related) yield* elsewhere.claim(id, ours)
            const released = yield* Effect.either(beads.release(beadsId("bd-a1b2"), ours))
            assert.isFalse(Either.isRight(released) && released.right._tag === "Released")
            for (const { id } of related) assert.strictEqual((yield* elsewhere.read(id)).assignee, ours, id)
          })
      )

      check("does nothing the second time", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          yield* beads.release(beadsId("bd-a"), ours)
          const again = yield* beads.release(beadsId("bd-a"), ours)
          assert.deepStrictEqual(again, { _tag: "NotOurs", holder: undefined, status: "open" })
          assert.strictEqual((yield* elsewhere.read("bd-a")).status, "open")
        })
      )
    })

    describe("heartbeat", () => {
      check("finds a claim of ours alive and does not change the issue", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          const claim = yield* beads.claim(beadsId("bd-a"), ours)
          const alive = yield* beads.heartbeat(beadsId("bd-a"), ours)
          assert(alive._tag === "Alive")
          assert.strictEqual(alive.leaseExpiresAt === undefined, claim.leaseExpiresAt === undefined)
          assert.isAtLeast(alive.leaseExpiresAt ?? 0, claim.leaseExpiresAt ?? 0)
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: ours })
        })
      )

      check("a claim has a lease exactly if `leases` says so", [open], (beads) =>
        Effect.gen(function* () {
          const leases = yield* beads.leases
          const claim = yield* beads.claim(beadsId("bd-a"), ours)
          assert.strictEqual(claim.leaseExpiresAt === undefined, leases === "none")
          assert.strictEqual((yield* beads.show(beadsId("bd-a")))?.leaseExpiresAt, claim.leaseExpiresAt)
        })
      )

      check("finds a claim that another user took, and leaves it alone", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          yield* elsewhere.claim("bd-a", "Recovery Agent")
          const beat = yield* beads.heartbeat(beadsId("bd-a"), ours)
          assert.deepStrictEqual(beat, { _tag: "NotOurs", holder: "Recovery Agent", status: "in_progress" })
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: "Recovery Agent" })
        })
      )

      check("finds an unassigned, a closed and a missing bug, and claims none", [open, closed], (beads, elsewhere) =>
        Effect.gen(function* () {
          for (const [id, status] of [
            ["bd-a", "open"],
            ["bd-done", "closed"],
            ["bd-zzzz", "missing"]
          ] as const) {
            const beat = yield* beads.heartbeat(beadsId(id), ours)
            assert.deepStrictEqual(beat, { _tag: "NotOurs", holder: undefined, status })
          }
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "open", assignee: undefined })
        })
      )
    })

    describe("claimsOf", () => {
      check(
        "lists exactly the issues in progress whose assignee starts with the prefix",
        [
          { ...open, id: "bd-1", status: "in_progress", assignee: ours },
          { ...open, id: "bd-2", status: "in_progress", assignee: theirs, priority: 3, type: "task" },
          { ...open, id: "bd-3", status: "in_progress", assignee: "Recovery Agent" },
          { ...open, id: "bd-4", status: "in_progress", assignee: "not/nightly-dispatch/vm-1" },
          { ...open, id: "bd-5", status: "in_progress" },
          { ...open, id: "bd-6", assignee: ours },
          { ...closed, id: "bd-7", assignee: ours }
        ],
        (beads) =>
          Effect.gen(function* () {
            const all = yield* beads.claimsOf("nightly-dispatch/")
            sameMembers(
              all.map((issue) => issue.id),
              ["bd-1", "bd-2"]
            )
            const oneHost = yield* beads.claimsOf("nightly-dispatch/vm-1/")
            sameMembers(
              oneHost.map((issue) => `${issue.id} ${issue.assignee}`),
              [`bd-1 ${ours}`]
            )
          })
      )
    })

    describe("label", () => {
      check("adds a label to the others; a second time changes nothing", [{ ...open, labels: ["backend"] }], (beads) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          yield* beads.label(beadsId("bd-a"), ours, "nightly-dispatch-review")
          yield* beads.label(beadsId("bd-a"), ours, "nightly-dispatch-review")
          const issue = yield* beads.show(beadsId("bd-a"))
          sameMembers(issue?.labels ?? [], ["backend", "nightly-dispatch-review"])
          assert.strictEqual(issue?.status, "in_progress")
          assert.strictEqual(issue?.assignee, ours)
        })
      )

      check("fails on a missing bug and labels no bug whose id contains its id", related, (beads) =>
        Effect.gen(function* () {
          const result = yield* Effect.either(beads.label(beadsId("bd-a1b2"), ours, "x"))
          assert(Either.isLeft(result) && result.left instanceof TrackerFailed)
          for (const { id } of related)
            assert.deepStrictEqual([...((yield* beads.show(beadsId(id)))?.labels ?? [])], [])
        })
      )
    })

    describe("unlabel", () => {
      check(
        "removes the label and no other; a second time changes nothing",
        [{ ...open, labels: ["one", "two"] }],
        (beads) =>
          Effect.gen(function* () {
            yield* beads.unlabel(beadsId("bd-a"), ours, "one")
            yield* beads.unlabel(beadsId("bd-a"), ours, "one")
            assert.deepStrictEqual([...((yield* beads.show(beadsId("bd-a")))?.labels ?? [])], ["two"])
          })
      )

      check("fails on a missing bug", related, (beads) =>
        Effect.map(Effect.either(beads.unlabel(beadsId("bd-a1b2"), ours, "x")), (result) =>
          assert(Either.isLeft(result) && result.left instanceof TrackerFailed)
        )
      )
    })

    describe("close", () => {
      check("closes the bug; a second time changes nothing", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.close(beadsId("bd-a"), ours, "-- accepted: its work is merged")
          yield* beads.close(beadsId("bd-a"), ours, "again")
          assert.strictEqual((yield* elsewhere.read("bd-a")).status, "closed")
          assert.isDefined((yield* beads.show(beadsId("bd-a")))?.closedAt)
        })
      )

      check("closes a bug that is assigned to a person, who stays its assignee", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* elsewhere.claim("bd-a", "alice")
          yield* beads.close(beadsId("bd-a"), ours, "accepted")
          const { assignee, status } = yield* elsewhere.read("bd-a")
          assert.deepStrictEqual([status, assignee], ["closed", "alice"])
        })
      )

      check("fails on a missing bug and closes no bug whose id contains its id", related, (beads, elsewhere) =>
        Effect.gen(function* () {
          const result = yield* Effect.either(beads.close(beadsId("bd-a1b2"), ours, "x"))
          assert(Either.isLeft(result) && result.left instanceof TrackerFailed)
          for (const { id } of related) assert.strictEqual((yield* elsewhere.read(id)).status, "open")
        })
      )
    })

    describe("comment", () => {
      check("fails on a missing bug", [open], (beads) =>
        Effect.map(Effect.either(beads.comment(beadsId("bd-zzzz"), ours, "hello")), (result) =>
          assert(Either.isLeft(result) && result.left instanceof TrackerFailed)
        )
      )

      for (const text of ["-rf is not a flag here", NASTY_TEXT]) {
        check(`stores ${JSON.stringify(text.slice(0, 24))}… unchanged`, [open], (beads, elsewhere) =>
          Effect.gen(function* () {
            yield* beads.comment(beadsId("bd-a"), ours, text)
            if (elsewhere.comments !== undefined) {
              const texts = yield* elsewhere.comments("bd-a")
              assert.deepStrictEqual(
                texts.map((stored) => stored.trimEnd()),
                [text]
              )
            }
            assert.strictEqual((yield* elsewhere.read("bd-a")).status, "open")
          })
        )
      }
    })
  })
}
